import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect } from "chai";
import { Driver } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { extentOf } from "../../sample";
import { account, Baseline, unnumberedViewsOf } from "./hosts";
import { makeService, makeTaps, type Share } from "./shares";
import { diffViews } from "./view";
import type { Done, Task } from "./writer";

/** Processes that write at the same time. */
const WRITERS = extentOf(8, 20);
const HOSTS = 3;
/** Taps of each writer. */
const TAPS = 10;

/** Each writer's taps are spread over the hosts, so that all write to all: a capture group of each writer on each host. */
const shares = Array.from({ length: WRITERS }, (_, writer): Share => {
  const host = (turn: number) => `host${1 + ((writer + turn) % HOSTS)}`;
  return {
    stack: `organization/writers/w${writer}`,
    monitor: { host: host(0), port: `m${writer}` },
    taps: Array.from({ length: TAPS }, (_, tap) => ({ host: host(tap), port: `s${writer}-${tap}` })),
  };
});

/** Plugs the ports of all shares: monitors on cables, since what Open vSwitch makes itself cannot be moved. */
async function plug(lab: Lab): Promise<void> {
  const of = <T extends { host: string }>(ports: readonly T[], host: string) =>
    ports.filter((port) => port.host === host);
  const monitors = shares.map(({ monitor }) => monitor);
  const sources = shares.flatMap(({ taps }) => taps);
  await Promise.all(
    lab.hosts.map(async (host) => {
      const here = of(monitors, host.name);
      await host.ovs(
        here
          .map(
            ({ port }) =>
              `ip link add ${port} type veth peer name ${port}-end && ip link set ${port} up && ip link set ${port}-end up`,
          )
          .join("\n"),
      );
      await host.ovsVsctl([
        ...here.map(({ port }) => ["add-port", "br-int", port]),
        ...of(sources, host.name).flatMap(({ port }) => [
          ["add-port", "br-int", port],
          ["set", "Interface", port, "type=internal"],
        ]),
      ]);
    }),
  );
}

describe("many writers at once", function () {
  this.timeout(600_000);
  let lab: Lab;
  let empty: Baseline;
  let writers: ChildProcess[];

  before(async () => {
    lab = await startLab({ hosts: HOSTS });
    await plug(lab);
    empty = await Baseline.of(lab);
    writers = shares.map(() =>
      fork(join(__dirname, "writer.js"), { stdio: ["ignore", "inherit", "inherit", "ipc"] }),
    );
    await tell((index) => ({ sshConfig: lab.sshConfig, share: shares[index]! }));
  });

  after(async () => {
    for (const writer of writers) writer.disconnect();
    await lab.stop();
  });

  /** Gives writers their tasks at the same time and resolves when all have done theirs. */
  async function tell(task: (index: number) => Task | undefined): Promise<void> {
    const answers = await Promise.all(
      writers.map(async (writer, index) => {
        const told = task(index);
        if (told === undefined) return {};
        const answer = once(writer, "message") as Promise<[Done]>;
        writer.send(told);
        return (await answer)[0];
      }),
    );
    expect(answers.flatMap(({ error }) => error ?? [])).to.deep.equal([]);
  }

  const views = () => unnumberedViewsOf(lab, /m\d+/);

  it("have the same result as one alone, and leave nothing in the end", async () => {
    const alone = new Driver(lab);
    const made = await Promise.all(
      shares.map(async (share) => {
        const service = await makeService(alone, share);
        return { service, taps: await makeTaps(alone, share, service, share.taps) };
      }),
    );
    const expected = await views();
    await Promise.all(
      made.map(async ({ service, taps }) => {
        await Promise.all(taps.map((tap) => alone.delete(tap)));
        await alone.delete(service);
      }),
    );
    expect(await empty.differences()).to.deep.equal([]);

    const early = (index: number) => index % 2 === 0;
    await tell((index) => (early(index) ? "make" : undefined));
    await tell((index) => (early(index) ? "change" : "make"));
    expect(diffViews(expected, await views())).to.deep.equal([]);
    await tell(() => "remove");
    const left = await empty.differences();
    account(0, 0, left.length);
    expect(left).to.deep.equal([]);
  });
});
