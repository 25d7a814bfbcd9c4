import { isIPv6 } from "node:net";
import { tapBridgeOf } from "../../../provider/converge/access";
import { tunnelAddress } from "../../../provider/converge/addresses";
import { encapsulation } from "../../../provider/encapsulation/encapsulations";
import type { FoundPort } from "../../../provider/model/findPort";
import type { Context } from "../../../provider/resource/context";
import type { NewTapFacts, ServiceRow } from "../../api";
import type { End, Ends } from "./ends";
import { MIRRORS } from "./hosts";
import { nameOf } from "./ids";
import { tappedPorts } from "./tapped";

/** Bytes of an outer IP header, and of the Ethernet header of the frame that is carried. */
const IP_HEADER = { v4: 20, v6: 40 };
const ETHERNET = 14;

/** What is asked about. */
interface Asked {
  view: End["view"];
  found: FoundPort;
  service: ServiceRow | undefined;
  ends: Ends;
}

/** What there is to know before a port is tapped into a service. */
export async function newTapFacts(context: Context, asked: Asked): Promise<NewTapFacts> {
  const { view, found, service } = asked;
  const isMonitor = found.bridge.name === tapBridgeOf(view.record);
  const conflicts = [
    ...(isMonitor ? [`${found.port.name} is a monitor, and a monitor cannot be tapped`] : []),
    ...tapsOf(asked).map(
      (name) => `${found.port.name} is tapped into ${service?.name ?? ""} by ${name} already`,
    ),
  ];
  const mtu = await mtuOf(context, asked);
  const mirrorsLeft = MIRRORS - found.bridge.mirrors.length;
  return { ...(mtu === undefined ? {} : { mtu }), mirrorsLeft, conflicts };
}

/** Names of the taps of a port into a service. */
function tapsOf({ view, found, service, ends }: Asked): string[] {
  if (service === undefined) return [];
  return [...ends.flows].flatMap(([owner, { source }]) => {
    if (source?.view !== view || source.claim.service !== service.owner) return [];
    return tappedPorts(source).some(({ port }) => port.uuid === found.port.uuid) ? [nameOf(owner)] : [];
  });
}

/** MTU of the port, and of the largest frame that fits through the tunnel to the service's host, if there is one between. */
async function mtuOf(context: Context, { view, found, service, ends }: Asked): Promise<NewTapFacts["mtu"]> {
  const { mtu } = found.interface;
  const monitor = service === undefined ? undefined : ends.services.get(service.owner)?.view;
  if (mtu === undefined || monitor === undefined || monitor === view) return undefined;
  const ask = async () => {
    const remote = tunnelAddress(monitor.record, monitor.inspection.facts);
    return { remote, way: await context.open(view.record).underlay(remote) };
  };
  // What cannot be found out is an error of the preview, with its reason.
  const { remote = "", way } = await ask().catch(() => ({ remote: "", way: undefined }));
  if (way?.mtu === undefined) return undefined;
  const header = encapsulation("vxlan").overhead(1) + (isIPv6(remote) ? IP_HEADER.v6 : IP_HEADER.v4);
  return { source: mtu, path: way.mtu - header - ETHERNET };
}
