import { render } from "../../provider/model/render";
import type { Facts } from "../../provider/ovs/facts";
import { flowText } from "../../provider/plan/flowText";
import { planHost } from "../../provider/plan/host";
import { tapRules } from "../../provider/plan/numberRules";
import { type Claim, claim } from "../../provider/schema/claim";
import { observed } from "../../test/unit/model/observed";
import { type Cloud, monitors, type TappedVm, tappedVms } from "../cloud";
import { type Extent, roundsOf, type Section, timeFigure } from "../figure";
import { Handlers } from "../handlers";
import { interleave, timed } from "../measure";

const TAP_BRIDGE = "br-tap";

/** The claim of a tap at its source. */
function claimOf({ vm, host, monitor, monitorHost }: TappedVm): Claim {
  const end = (number: number) => `192.0.${Math.floor(number / 250)}.${1 + (number % 250)}`;
  const peer = {
    machine: `machine-${monitorHost}`,
    name: `host${monitorHost}`,
    local: end(host),
    remote: end(monitorHost),
  };
  return claim.parse({
    ...{ format: 1, kind: "flow", owner: `organization/bench/bench/TapFlow/${vm}`, token: "bench" },
    ...{ writer: "bench", time: "", service: `organization/bench/bench/TapService/${monitor}` },
    ...{ tunnelId: monitorHost, destination: peer.machine, peer },
    source: { port: `tap-${vm}`, direction: "both", enabled: true, integrationBridge: "br-int" },
  });
}

/** What is observed on a host before it is tapped. */
function factsOf(taps: readonly TappedVm[]): Facts {
  return observed({ name: "br-int", ports: taps.map(({ vm }) => ({ name: `tap-${vm}` })) });
}

/** Milliseconds a flow takes from its arguments to the plan of its host and the text of its rules. */
async function timeOfOne(handlers: Handlers, cloud: Cloud): Promise<number> {
  const all = tappedVms(cloud);
  const { tapsPerHost } = cloud;
  const hosts = Array.from({ length: cloud.hosts }, (_, index) => {
    const taps = all.slice(index * tapsPerHost, (index + 1) * tapsPerHost);
    return { taps, facts: factsOf(taps) };
  });
  const monitorRefs = new Map(
    [...monitors(cloud).values()].map((host) => {
      const service = handlers.check("TapService", `m${host}`, { host: `host${host}`, port: `tap-m${host}` });
      return [host, service.ref];
    }),
  );
  const plans: unknown[] = [];
  const took = await timed(() => {
    for (const { taps, facts } of hosts) {
      for (const { vm, host, monitorHost } of taps) {
        const service = monitorRefs.get(monitorHost);
        handlers.check("TapFlow", vm, { service, host: `host${host}`, port: `tap-${vm}` });
      }
      const claims = new Map(taps.map((tap) => [tap.vm, claimOf(tap)] as const));
      const desired = render(claims, facts, TAP_BRIDGE);
      const read = { claims: new Map<string, Claim>(), generation: 0, bridge: undefined };
      const host = {
        tapBridge: TAP_BRIDGE,
        integrationBridge: "br-int",
        bridges: new Map(),
        renewals: new Map(),
      };
      const before = render(read.claims, facts, TAP_BRIDGE);
      const plan = planHost({ read, claims, desired, before, facts, ...host });
      plans.push(plan, flowText(tapRules(desired, facts, TAP_BRIDGE, plan.generation)));
    }
  });
  return took / all.length;
}

/** What a flow costs before anything is asked of a host, in a large cloud against a small one. */
export async function measureModel(extent: Extent): Promise<Section[]> {
  const [small, large] = extent === "full" ? [100, 1000] : [4, 40];
  const rounds = roundsOf(extent, 5);
  const handlers = new Handlers("");
  const time = (hosts: number) => () => timeOfOne(handlers, { hosts, tapsPerHost: 10 });
  await time(small)();
  const pairs = await interleave(rounds, time(large), time(small));
  const what = `check, model and plan of a flow: ${large * 10} on ${large} hosts against ${small * 10} on ${small}`;
  return [{ title: "Pure model and plan", figures: [timeFigure(what, pairs, { atMost: 1.5 })], notes: [] }];
}
