import { expect } from "chai";
import type { TapEvent } from "../../../console/api/events";
import type { Refusal } from "../../../console/server/refusal";
import { KeptFrames } from "../../../console/server/watch/keptFrames";
import type { Watched } from "../../../console/server/watch/watched";
import { Watches } from "../../../console/server/watch/watches";
import { TaasError } from "../../../provider/errors";
import type { Context } from "../../../provider/resource/context";
import { framesOfPcapng } from "../../integration/capture/pcapngFile";

const watched = (id: string, tenant?: string): Watched => ({
  ...{ id, tenant, snapLength: 0, filter: "", label: "tap-web on host1" },
  record: { name: "host1", address: "192.0.2.1" } as Watched["record"],
  wish: { port: "tap-web", direction: "both", filter: undefined, packetsPerSecond: 200 },
});

/** A host that is never done, until it is told how it ends. */
function hosts() {
  const opened: { end(): void; fail(error: Error): void }[] = [];
  const open = () => ({
    use: () => new Promise<void>((end, fail) => opened.push({ end, fail })),
  });
  return { opened, watches: new Watches({ open } as unknown as Context) };
}

const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
  } catch (error) {
    return (error as Refusal).body.code;
  }
  return undefined;
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("the watches of a console", () => {
  it("share one capture per tap, and start another if it copies something else, or after the end", async () => {
    const { opened, watches } = hosts();
    const first = watches.join(watched("a"), () => {}, "admin");
    const second = watches.join(watched("a"), () => {}, "admin");
    await turn();
    expect(opened).to.have.length(1);
    first();
    watches.join(watched("a"), () => {}, "admin")();
    await turn();
    expect(opened).to.have.length(1);
    second();
    const third = watches.join(watched("a"), () => {}, "admin");
    watches.join({ ...watched("a"), snapLength: 64 }, () => {}, "admin");
    await turn();
    expect(opened).to.have.length(3);
    third();
    for (const { end } of opened) end();
    await watches.stop();
  });

  it("are at most 8, and 4 of a tenant, and count until they are deleted from their hosts", async () => {
    const { opened, watches } = hosts();
    const ends = [1, 2, 3, 4].map((id) => watches.join(watched(`b${id}`, "blue"), () => {}, "tenant"));
    expect(codeOf(() => watches.join(watched("b5", "blue"), () => {}, "tenant"))).to.equal(
      "too-many-watches",
    );
    for (const id of [1, 2, 3, 4]) watches.join(watched(`r${id}`), () => {}, "tenant");
    expect(codeOf(() => watches.join(watched("r5"), () => {}, "tenant"))).to.equal("too-many-watches");
    const admins = [1, 2].map((id) => watches.join(watched(`a${id}`, "blue"), () => {}, "admin"));
    expect(codeOf(() => watches.join(watched("a3"), () => {}, "admin"))).to.equal("too-many-watches");
    for (const end of admins) end();
    ends[0]!();
    expect(codeOf(() => watches.join(watched("r5"), () => {}, "tenant"))).to.equal("too-many-watches");
    await turn();
    for (const index of [0, 8, 9]) opened[index]!.end();
    await turn();
    expect(codeOf(() => watches.join(watched("r5"), () => {}, "tenant"))).to.equal(undefined);
    await turn();
    for (const { end } of opened) end();
    await watches.stop();
  });

  it("tell all readers how a host ended a watch", async () => {
    const { opened, watches } = hosts();
    const told: TapEvent[] = [];
    watches.join(watched("a"), (event) => told.push(event), "tenant");
    watches.join(watched("a"), (event) => told.push(event), "tenant");
    await turn();
    opened[0]!.fail(new TaasError("no", { code: "packets-refused", host: "host1", hint: "do" }));
    await watches.stop();
    const error = { code: "packets-refused", message: "no", host: "host1", hint: "do" };
    expect(told).to.deep.equal([
      { type: "watch-ended", error },
      { type: "watch-ended", error },
    ]);
  });

  it("give the file of the last watch to the tap's current tenant, and not to the previous one", async () => {
    const { opened, watches } = hosts();
    watches.join(watched("a", "blue"), () => {}, "tenant")();
    await turn();
    opened[0]!.end();
    expect(watches.pcapng("a", "blue").readUInt32LE(0)).to.equal(0x0a0d_0d0a);
    expect(codeOf(() => watches.pcapng("a", "red"))).to.equal("not-found");
    expect(codeOf(() => watches.pcapng("b", "blue"))).to.equal("not-found");
    await watches.stop();
  });

  it("keep only the last frames, truncated as the tap truncates them", () => {
    const source = { application: "test", port: "tap-web", description: "", filter: undefined };
    const kept = new KeptFrames(64);
    for (let number = 0; number < 10_050; number++) {
      const frame = Buffer.alloc(100);
      frame.writeUInt32BE(number);
      kept.add({ direction: "ingress", at: BigInt(number), frame });
    }
    const stored = framesOfPcapng(kept.pcapng(source));
    expect(stored).to.have.length(10_000);
    expect(stored[0]!.frame.readUInt32BE(0)).to.equal(50);
    expect(stored[0]).to.deep.include({ length: 100, direction: "ingress", at: 50n });
    expect(stored[0]!.frame).to.have.length(64);
    const large = new KeptFrames(0);
    for (let number = 0; number < 100; number++)
      large.add({ direction: "egress", at: 1n, frame: Buffer.alloc(65_000) });
    expect(large.pcapng(source).length).to.be.within(4_000_000, 4.1 * 1024 * 1024);
  });
});
