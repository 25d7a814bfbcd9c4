import { expect } from "chai";
import type { Look } from "../../../provider/converge/look";
import { TaasError } from "../../../provider/errors";
import type { HostRecord } from "../../../provider/host/host";
import type { Context } from "../../../provider/resource/context";
import { mirrorTunnel } from "../../../provider/resource/tunnel";
import { memoryHosts } from "./memoryHosts";

const owner = "o/p/s/MirrorTunnel/way";

/** What a host does while the ends are to detect each other, which they never do. */
interface Behaviour {
  changed(name: string): Promise<void>;
  look?(name: string, looking: () => Promise<Look>): Promise<Look>;
}

function hostsThat({ changed, look = (_, looking) => looking() }: Behaviour): Context {
  const context = memoryHosts([]);
  const open = (record: HostRecord) => {
    const host = context.open(record);
    const looking = host.look.bind(host);
    const { name } = record;
    return Object.assign(host, { changed: () => changed(name), look: () => look(name, looking) });
  };
  return { ...context, open };
}

/** Creates a tunnel and resolves to its status, if the state records what the hosts have. */
async function statusOnceCreated(context: Context): Promise<unknown> {
  const { inputs } = mirrorTunnel.check(context, {}, { owner, hosts: ["host1", "host2"], bfd: true });
  const { outs } = await mirrorTunnel.create(context, inputs, undefined);
  for (const record of inputs.hosts as HostRecord[]) {
    const { read } = await context.open(record).inspect();
    expect(read.claims.get(owner)?.token, record.name).to.equal(outs.incarnation);
  }
  return outs.status;
}

describe("a tunnel that has been created, while its ends are to detect each other", () => {
  it("is recorded if the connection to a host ends", async () => {
    const lost = new TaasError("the connection was lost", { code: "connection-lost", host: "host2" });
    let isCut = false;
    const context = hostsThat({
      async changed(name) {
        if (name !== "host2") return;
        isCut = true;
        throw lost;
      },
      look: (name, looking) => (isCut && name === "host2" ? Promise.reject(lost) : looking()),
    });
    expect(await statusOnceCreated(context)).to.match(
      /^drifted: whether the ends detect each other is unknown: .*the connection was lost/,
    );
  });

  it("is recorded if the run is to end, at once", async () => {
    const stop = new AbortController();
    const context = hostsThat({
      changed() {
        stop.abort(new TaasError("the operation was cancelled", { code: "cancelled" }));
        return new Promise(() => {});
      },
    });
    expect(await statusOnceCreated({ ...context, ending: stop.signal })).to.match(
      /^drifted: whether the ends detect each other is unknown: the operation was cancelled/,
    );
  });
});
