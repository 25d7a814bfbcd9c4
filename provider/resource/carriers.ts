import { isDeepStrictEqual } from "node:util";
import type { OpenHost, Reach } from "../converge/hosts";
import type { Underlay } from "../converge/network";
import { TaasError } from "../errors";
import { filterOf } from "../model/filter/filterOf";
import { mayAccept, type Packet } from "../model/filter/mayAccept";
import { type FoundPort, withInterfaces } from "../model/findPort";
import { isCloudPort, isVmPort } from "../model/vmPort";
import type { Facts } from "../ovs/facts";
import type { Claim, FlowClaim } from "../schema/claim";
import type { FlowInputs } from "../schema/flow";
import { portKey } from "../schema/port";
import { type Outgoing, type Way, wayOf } from "./way";

/** A flow whose copies may leave its host by a port that it taps. */
interface Tap extends Outgoing {
  inputs: Pick<FlowInputs, "direction" | "ports" | "filter" | "defaultAction">;
  /** The tapped ports that are plugged. */
  ports: readonly FoundPort[];
  open: OpenHost;
}

/** A tap that is to be created or changed. */
interface WishedTap extends Tap {
  /** The claim that the tap has on the host of its source. */
  standing: Claim | undefined;
  warn: Reach["warn"];
}

/** How packets that leave by a device of the host pass a port. */
interface Passing {
  direction: "ingress" | "egress";
  /** Undefined: they may have a tag. */
  vlan: "untagged" | undefined;
}

/**
 * How a port passes the packets that leave by a device of the host; undefined if it does not. They enter a bridge by the
 * bridge's own device, or by the other end of a veth pair, and leave it by a network card. Which port is a card is not
 * known: any that is no cloud's may be one.
 */
function passing(found: FoundPort, { devices, peer }: Underlay, facts: Facts): Passing | undefined {
  const isWay = (name: string) => name === peer || devices.includes(name);
  const entry = found.bridge.ports
    .flatMap((id) => withInterfaces(facts, found.bridge, id))
    .find(({ interface: nic }) => isWay(nic.name));
  if (entry === undefined) return undefined;
  const isPlain = entry.interface.name === devices[0] || entry.interface.name === peer;
  const vlan = isPlain && entry.port.tag === undefined ? "untagged" : undefined;
  const { name, type } = found.interface;
  if (isWay(name) && (type === "internal" || name === peer)) return { direction: "egress", vlan };
  const isCard = isVmPort(found.port, facts) && !isCloudPort(found, facts);
  return isCard && !type.startsWith("dpdkvhostuser") ? { direction: "ingress", vlan } : undefined;
}

/** The packet in which a copy leaves its host. */
function packetOf({ udpPort, local, remote }: Way, { vlan }: Passing): Packet {
  return {
    source: local === "" ? undefined : local,
    destination: remote,
    ...(udpPort === 0 ? { protocol: 47 } : { protocol: 17, destinationPort: udpPort }),
    vlan,
  };
}

/** A tapped port by which the tap's own copies leave. */
interface Carrier {
  way: Way;
  found: FoundPort;
  pass: Passing;
}

async function carrierOf(tap: Tap): Promise<Carrier | undefined> {
  const { inputs, source, ports, open } = tap;
  const way = wayOf(tap);
  if (way === undefined || ports.length === 0) return undefined;
  const underlay = await open(source.record).underlay(way.remote, way.local);
  const isCopied = ({ direction }: Passing) => inputs.direction === "both" || inputs.direction === direction;
  const inTunnel: Passing = { direction: "ingress", vlan: undefined };
  const filter = filterOf(inputs);
  for (const found of ports) {
    // Before they are in a tunnel, copies have passed the filter already.
    const isShared = found.interface.uuid === way.shared?.interface.uuid;
    if (isShared && isCopied(inTunnel)) return { way, found, pass: inTunnel };
    const pass = underlay === undefined ? undefined : passing(found, underlay, source.facts);
    if (pass === undefined || !isCopied(pass)) continue;
    if (mayAccept(filter, packetOf(way, pass), pass.direction)) return { way, found, pass };
  }
  return undefined;
}

/**
 * Rejects taps of ports by which the tap's own copies leave: each copy would be copied again, without end. The kernel's
 * datapath would fill the network card, and the userspace datapath would drop the production frames. If the tap does so
 * already, this is a warning, because a change or a repair makes nothing worse.
 */
export async function refuseCarriers(tap: WishedTap): Promise<void> {
  const carrier = await carrierOf(tap);
  if (carrier === undefined) return;
  const error = refusal(tap, carrier);
  if (!(await isCarrying(tap, carrier))) throw error;
  tap.warn(error.message);
}

/** Whether a port carries copies of the tap as it stands. */
async function isCarrying({ standing, ...tap }: WishedTap, { found }: Carrier): Promise<boolean> {
  if (standing?.kind !== "flow" || standing.source?.enabled !== true) return false;
  const tapped = ({ port, ports }: NonNullable<FlowClaim["source"]>) => [port && portKey(port), ports];
  if (!isDeepStrictEqual(tapped(standing.source), tapped(tap.draft.source!))) return false;
  return (
    (await carrierOf({ ...tap, draft: standing, inputs: standing.source, ports: [found] })) !== undefined
  );
}

function refusal({ inputs, source }: Tap, { way, found, pass }: Carrier): TaasError {
  const { port, bridge } = found;
  const { type, udpPort, remote } = way;
  const packets = udpPort === 0 ? "IP protocol 47" : `UDP port ${udpPort}`;
  const other = pass.direction === "ingress" ? "egress" : "ingress";
  const leave = inputs.ports === undefined ? "tap the VMs' ports" : "leave the port out with except";
  return new TaasError(
    `the tap's own copies to ${remote} (${type}, ${packets}) leave by port ${port.name} of bridge ${bridge.name}, and each would be copied again, without end`,
    {
      code: "source-carries-copies",
      host: source.record.name,
      hint: `Send copies by another network card (the host's tunnelIp, a MirrorTunnel's localIps), reject them in the filter, tap only the direction "${other}", or ${leave}. If a VM is behind the port, write its MAC address to external_ids:attached-mac of the Interface row`,
    },
  );
}
