import { isIPv6 } from "node:net";
import { integrationBridgeOf, tapBridgeOf } from "../../../provider/converge/access";
import { tunnelAddress } from "../../../provider/converge/addresses";
import { encapsulation } from "../../../provider/encapsulation/encapsulations";
import type { FoundPort } from "../../../provider/model/findPort";
import { render } from "../../../provider/model/render";
import { selectPorts } from "../../../provider/model/selectPorts";
import type { Context } from "../../../provider/resource/context";
import type { PortSelector } from "../../../provider/schema/selector";
import type { NewTapFacts } from "../../api/ports";
import type { ServiceRow } from "../../api/rows";
import type { End, Ends } from "./ends";
import { MIRRORS } from "./hosts";
import { nameOf } from "./ids";
import { tappedPorts } from "./tapped";

/** Bytes of an outer IP header, and of the Ethernet header of the frame that it carries. */
const IP_HEADER = { v4: 20, v6: 40 };
const ETHERNET = 14;

/** What is asked about: ports of a host. */
interface Asked {
  view: End["view"];
  ports: readonly FoundPort[];
  service: ServiceRow | undefined;
  ends: Ends;
}

/** What there is to know before ports are tapped into a service. */
export async function newTapFacts(context: Context, asked: Asked): Promise<NewTapFacts> {
  const { view, ports } = asked;
  const { record } = view;
  const monitors = ports.filter(({ bridge }) => bridge.name === tapBridgeOf(record));
  const conflicts = [
    ...monitors.map(({ port }) => `${port.name} is a monitor, and a monitor cannot be tapped`),
    ...tapsOf(asked),
  ];
  const mtu = await mtuOf(context, asked);
  const bridge = ports[0]?.bridge ?? bridgeOf(view, integrationBridgeOf(record));
  return {
    ports: ports.map(({ port }) => port.name).sort(),
    ...(mtu === undefined ? {} : { mtu }),
    mirrorsLeft: MIRRORS - (bridge?.mirrors.length ?? 0),
    conflicts,
  };
}

/** The ports of a host that a selector matches now. */
export function portsThatMatch({ record, inspection }: End["view"], selector: PortSelector): FoundPort[] {
  const { facts, read } = inspection;
  const tapBridge = tapBridgeOf(record);
  const desired = render(read.claims, facts, tapBridge);
  return selectPorts(selector, { facts, desired, tapBridge, integrationBridge: integrationBridgeOf(record) });
}

function bridgeOf({ inspection }: End["view"], bridge: string) {
  return inspection.facts.bridges.find(({ name }) => name === bridge);
}

/** Which of the ports are tapped into the service already, and by what. */
function tapsOf({ view, ports, service, ends }: Asked): string[] {
  if (service === undefined) return [];
  const asked = new Set(ports.map(({ port }) => port.uuid));
  return [...ends.flows].flatMap(([owner, { source }]) => {
    if (source?.view !== view || source.claim.service !== service.owner) return [];
    const both = tappedPorts(source).filter(({ port }) => asked.has(port.uuid));
    return both.map(({ port }) => `${port.name} is tapped into ${service.name} by ${nameOf(owner)} already`);
  });
}

/** The largest MTU of the ports, and of the largest frame that fits through the tunnel to the service's host, if there is one between. */
async function mtuOf(context: Context, { view, ports, service, ends }: Asked): Promise<NewTapFacts["mtu"]> {
  const known = ports.flatMap(({ interface: { mtu } }) => mtu ?? []);
  const monitor = service === undefined ? undefined : ends.services.get(service.owner)?.view;
  if (known.length === 0 || monitor === undefined || monitor === view) return undefined;
  const ask = async () => {
    const remote = tunnelAddress(monitor.record, monitor.inspection.facts);
    return { remote, way: await context.open(view.record).underlay(remote) };
  };
  // If this cannot be found out, the preview reports the error with its reason.
  const { remote = "", way } = await ask().catch(() => ({ remote: "", way: undefined }));
  if (way?.mtu === undefined) return undefined;
  const header = encapsulation("vxlan").overhead(1) + (isIPv6(remote) ? IP_HEADER.v6 : IP_HEADER.v4);
  return { source: Math.max(...known), path: way.mtu - header - ETHERNET };
}
