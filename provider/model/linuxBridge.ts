import type { BridgeFacts, Facts, InterfaceFacts, PortFacts } from "../ovs/facts";
import type { Claim } from "../schema/claim";
import type { Desired } from "./desired";
import { findMonitor } from "./home";

/**
 * A Linux bridge between a port of Open vSwitch and its VM: that of a hybrid plug (`qvo`, `qvb`, `qbr`), of Proxmox's firewall
 * (`fwln`, `fwbr`), or any other. Copies come into it by `port`.
 */
export interface LinuxBridge {
  name: string;
  /** Its ageing time, in hundredths of a second. With 0 it learns nothing and forwards everything. */
  ageing: number;
  /** Its port on the side of Open vSwitch: the device of the OVS port, or the other end of that device's cable. */
  port: string;
  /** That port's `group_fwd_mask`: which link-local frames it forwards. Undefined where the kernel has none (before 4.15). */
  mask: number | undefined;
}

/** Linux bridges by the device of the port that leads there. */
export type LinuxBridges = ReadonlyMap<string, LinuxBridge>;

/** Link-local frames of all kinds but one: the kernel refuses to forward pause frames. */
const ALL_GROUPS = 0xfffd;

/**
 * What a Linux bridge must be for all copies to pass. One that learns drops copies: both ends of a conversation come in by one
 * port, so that it takes what is on its way to either for delivered. Link-local frames, such as LLDP and LACP, it keeps to itself.
 */
export function openBridge({ name, port, mask }: LinuxBridge): LinuxBridge {
  return { name, ageing: 0, port, mask: mask === undefined ? undefined : ALL_GROUPS };
}

/** Key of a Port's `external_ids`: the Linux bridge behind a monitor, as it was before it served. */
export const LINUX_BRIDGE_KEY = "taas-ageing";

/**
 * Prefix of keys of a tap bridge's `external_ids`: the same note, by the Linux bridge's port, for a monitor whose row is made anew, as an
 * agent or the restart of its VM does.
 */
export const LINUX_BRIDGE_PREFIX = "taas-linux-bridge:";

/** A Linux bridge as it stands on the rows: name, ageing time, port and mask, `-` for none. */
export function writeLinuxBridge({ name, ageing, port, mask }: LinuxBridge): string {
  return `${name} ${ageing} ${port} ${mask ?? "-"}`;
}

const NOTE = /^([^\s/]{1,15}) (\d{1,9}) ([^\s/]{1,15}) (\d{1,5}|-)$/;

/** The Linux bridge that a port's row says there was; undefined where there is no such note, or it cannot be read. */
export function linuxBridgeOf({ externalIds }: PortFacts): LinuxBridge | undefined {
  return readLinuxBridge(externalIds[LINUX_BRIDGE_KEY] ?? "");
}

/** The Linux bridges that the rows say there were, the tap bridge's first. */
export function notedLinuxBridges({ ports }: Facts, tap: BridgeFacts | undefined): LinuxBridge[] {
  const onTap = Object.entries(tap?.externalIds ?? {}).filter(([key]) => key.startsWith(LINUX_BRIDGE_PREFIX));
  return [
    ...onTap.flatMap(([, text]) => readLinuxBridge(text) ?? []),
    ...Object.values(ports).flatMap((port) => linuxBridgeOf(port) ?? []),
  ];
}

function readLinuxBridge(text: string): LinuxBridge | undefined {
  const parts = NOTE.exec(text);
  if (parts === null) return undefined;
  const [, name, ageing, port, mask] = parts;
  return { name: name!, ageing: Number(ageing), port: port!, mask: mask === "-" ? undefined : Number(mask) };
}

/** A monitor and whose it is. */
export type OwnedMonitor = Pick<Desired["monitors"][number], "name" | "interface" | "owner">;

/** The interfaces of monitors. */
export function devicesOf(
  monitors: readonly Pick<OwnedMonitor, "interface">[],
  { interfaces }: Facts,
): InterfaceFacts[] {
  return monitors.flatMap((monitor) => interfaces[monitor.interface] ?? []);
}

/** The monitors that claims have. */
export function monitorsOf(
  claims: ReadonlyMap<string, Claim>,
  facts: Facts,
  tapBridge: string,
): OwnedMonitor[] {
  return [...claims.values()].flatMap((claim) => {
    if (claim.kind !== "service") return [];
    const found = claim.ports.flatMap((wanted) => findMonitor(claim, wanted, facts, tapBridge).found ?? []);
    return found.map(({ interface: nic }) => ({ name: nic.name, interface: nic.uuid, owner: claim.owner }));
  });
}

/**
 * What Linux bridges are to be again, because the ports that lead there are monitors no longer. One that is behind another monitor
 * too goes on learning nothing, and only the port that leads to the former one is as before.
 */
export function bridgesToRestore(
  { monitors }: Pick<Desired, "monitors">,
  facts: Facts,
  bridges: LinuxBridges,
  tap: BridgeFacts | undefined,
): LinuxBridge[] {
  const kept = monitors.flatMap(({ port, name }) => {
    const row = facts.ports[port];
    return [bridges.get(name), row && linuxBridgeOf(row)].filter((bridge) => bridge !== undefined);
  });
  const noted = new Map(notedLinuxBridges(facts, tap).map((bridge) => [bridge.port, bridge]));
  return [...noted.values()]
    .filter((bridge) => !kept.some(({ port }) => port === bridge.port))
    .map((bridge) => {
      const isBehindAnother = kept.some(({ name }) => name === bridge.name);
      return isBehindAnother ? { ...bridge, ageing: openBridge(bridge).ageing } : bridge;
    });
}
