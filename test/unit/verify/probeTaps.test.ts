import { expect } from "chai";
import { TaasError } from "../../../provider/errors";
import type { Examined } from "../../../provider/verify/examine";
import type { Sourced } from "../../../provider/verify/gather";
import { probeTaps } from "../../../provider/verify/probeTaps";
import type { HostView } from "../../../provider/verify/view";
import { FakeHost } from "./fakeHost";
import { twoHosts } from "./twoHosts";

/** A host that was looked at. `transact`: what its database says to the question whether it is the same still. */
function examined(view: HostView, channel: FakeHost, transact = async (): Promise<unknown> => []): Examined {
  const access = { record: view.look.record, ovsdb: { transact } };
  const { name } = view.look.record;
  return { access, view, host: name, differences: [], dead: undefined, channel } as unknown as Examined;
}

/** The same host as another machine has it that has its name. */
function onMachine(view: HostView, machine: string): HostView {
  return { ...view, look: { ...view.look, facts: { ...view.look.facts, machine } } };
}

const { source: end, destination: far } = twoHosts();

function tapFrom(source: Examined, at: Examined): Sourced {
  return { source, end, destination: { at, end: far }, faults: [] };
}

describe("the paths of taps", () => {
  it("are probed from each machine, whatever names machines have", async () => {
    const to = new FakeHost();
    const at = examined(far.view, to);
    const sound = examined(end.view, new FakeHost(() => [{ to, tunnelId: 7n }]));
    const cut = examined(onMachine(end.view, "another"), new FakeHost());
    const taps = [tapFrom(sound, at), tapFrom(sound, at), tapFrom(cut, at)];
    const results = await probeTaps(taps, "nobody");
    expect(taps.map((tap) => results.get(tap)?.outcome)).to.deep.equal(["arrived", "arrived", "lost"]);
  });

  it("are probed except those of a host that is lost meanwhile", async () => {
    const to = new FakeHost();
    const at = examined(far.view, to);
    const wire = () => [{ to, tunnelId: 7n }];
    const lost = new TaasError("the connection was lost", { code: "ovsdb-closed" });
    const taps = [
      tapFrom(examined(end.view, new FakeHost(wire)), at),
      tapFrom(
        examined(onMachine(end.view, "another"), new FakeHost(wire), () => Promise.reject(lost)),
        at,
      ),
    ];
    const results = await probeTaps(taps, "nobody");
    expect(results.get(taps[0]!)).to.include({ outcome: "arrived" });
    expect(results.get(taps[1]!)).to.deep.equal({ outcome: "refused", why: lost.message });
  });
});
