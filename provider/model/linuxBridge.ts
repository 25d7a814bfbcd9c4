import type { Facts, InterfaceFacts, PortFacts } from "../ovs/facts";
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

/** A Linux bridge as it stands on the Port row: name, ageing time, port and mask, `-` for none. */
export function writeLinuxBridge({ name, ageing, port, mask }: LinuxBridge): string {
  return `${name} ${ageing} ${port} ${mask ?? "-"}`;
}

const NOTE = /^([^\s/]{1,15}) (\d{1,9}) ([^\s/]{1,15}) (\d{1,5}|-)$/;

/** The Linux bridge that a port's row says there was; undefined where there is no such note, or it cannot be read. */
export function linuxBridgeOf({ externalIds }: PortFacts): LinuxBridge | undefined {
  const parts = NOTE.exec(externalIds[LINUX_BRIDGE_KEY] ?? "");
  if (parts === null) return undefined;
  const [, name, ageing, port, mask] = parts;
  return { name: name!, ageing: Number(ageing), port: port!, mask: mask === "-" ? undefined : Number(mask) };
}

/** Whether the row of some port says that a Linux bridge is behind it. */
export function notesLinuxBridge({ ports }: Facts): boolean {
  return Object.values(ports).some((port) => linuxBridgeOf(port) !== undefined);
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
export function bridgesToRestore({ monitors }: Pick<Desired, "monitors">, facts: Facts): LinuxBridge[] {
  const serving = new Set(monitors.map(({ port }) => port));
  const noted = Object.values(facts.ports).flatMap((row) => {
    const bridge = linuxBridgeOf(row);
    return bridge === undefined ? [] : [{ bridge, serves: serving.has(row.uuid) }];
  });
  const kept = noted.filter(({ serves }) => serves).map(({ bridge }) => bridge);
  return noted
    .filter(({ serves, bridge }) => !serves && !kept.some(({ port }) => port === bridge.port))
    .map(({ bridge }) => {
      const isBehindAnother = kept.some(({ name }) => name === bridge.name);
      return isBehindAnother ? { ...bridge, ageing: openBridge(bridge).ageing } : bridge;
    });
}
