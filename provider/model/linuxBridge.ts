import type { BridgeFacts, Facts, InterfaceFacts, PortFacts } from "../ovs/facts";
import type { Claim } from "../schema/claim";
import type { Desired } from "./desired";
import { findMonitor } from "./home";

/**
 * A Linux bridge between a port of Open vSwitch and its VM: that of a hybrid plug (`qvo`, `qvb`, `qbr`), of Proxmox's
 * firewall (`fwln`, `fwbr`), or any other. Copies enter it through `port`.
 */
export interface LinuxBridge {
  name: string;
  /** Its ageing time, in hundredths of a second. With 0 it learns nothing and forwards everything. */
  ageing: number;
  /** Its port on Open vSwitch's side: the device of the OVS port, or the peer of that device (veth). */
  port: string;
  /**
   * The `group_fwd_mask` of that port: which link-local frames it forwards. Undefined if the kernel has none (before
   * 4.15).
   */
  mask: number | undefined;
  /**
   * 1 if it forwards multicast frames only to those that asked for them; in settings for copies, 0. Undefined if it does not, so
   * that nothing is set and restored, and in a note of a release that did not set it.
   */
  snooping: number | undefined;
}

/** A Linux bridge as it is on the host. */
export interface FoundLinuxBridge extends LinuxBridge {
  /** How many ports it has. */
  ports: number;
  /** Whether frames that it forwards pass the host's firewall (`bridge-nf-call-iptables`). */
  firewall: "on" | "off";
}

/** Linux bridges by the device of the port that leads to them. */
export type LinuxBridges = ReadonlyMap<string, FoundLinuxBridge>;

/** The ports of a Linux bridge that serves one VM: the VM's, and the one on Open vSwitch's side. */
export const OWN_PORTS = 2;

/**
 * Whether others use a Linux bridge: they would get the copies, and the bridge would flood their own frames if it
 * learned nothing. A bridge that the rows record is behind a monitor already, and ports that have joined it since do not
 * count.
 */
export function isShared({ name, ports }: FoundLinuxBridge, noted: readonly LinuxBridge[]): boolean {
  return ports > OWN_PORTS && !noted.some((bridge) => bridge.name === name);
}

/** Link-local frames of all kinds but one: the kernel refuses to forward pause frames. */
const ALL_GROUPS = 0xfffd;

/**
 * The settings with which a Linux bridge lets all copies through. A bridge that learns drops copies: both ends of a
 * conversation arrive through the same port, so the bridge assumes that frames to either have already been delivered.
 * By default it also does not forward link-local frames, such as LLDP and LACP. Nor does it forward multicast frames
 * that its VM has not asked for, once it has seen a router ask who wants them, and the copies of routers' questions are
 * enough for that.
 */
export function openBridge({ name, port, mask, snooping }: LinuxBridge): LinuxBridge {
  return {
    name,
    ageing: 0,
    port,
    mask: mask === undefined ? undefined : ALL_GROUPS,
    snooping: snooping === undefined ? undefined : 0,
  };
}

/** The key in a Port's `external_ids` that records the Linux bridge behind a monitor as it was before it served. */
export const LINUX_BRIDGE_KEY = "taas-ageing";

/**
 * The prefix of keys in a tap bridge's `external_ids` with the same record, by the Linux bridge's port, for a monitor
 * whose row is created again, as by an agent or a restart of its VM.
 */
export const LINUX_BRIDGE_PREFIX = "taas-linux-bridge:";

/** A Linux bridge as stored in the rows: name, ageing time, port and mask, `-` for none, and snooping, if any. */
export function writeLinuxBridge({ name, ageing, port, mask, snooping }: LinuxBridge): string {
  return `${name} ${ageing} ${port} ${mask ?? "-"}${snooping === undefined ? "" : ` ${snooping}`}`;
}

const NOTE = /^([^\s/]{1,15}) (\d{1,9}) ([^\s/]{1,15}) (\d{1,5}|-)(?: ([01]))?$/;

/** The Linux bridge that a port's row records; undefined if there is no such record, or it is invalid. */
export function linuxBridgeOf({ externalIds }: PortFacts): LinuxBridge | undefined {
  return readLinuxBridge(externalIds[LINUX_BRIDGE_KEY] ?? "");
}

/** The Linux bridges that the rows record, the tap bridge's first. */
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
  const [, name, ageing, port, mask, snooping] = parts;
  return {
    name: name!,
    ageing: Number(ageing),
    port: port!,
    mask: mask === "-" ? undefined : Number(mask),
    snooping: snooping === undefined ? undefined : Number(snooping),
  };
}

/** A monitor and its owner. */
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
 * The settings to restore on Linux bridges whose ports are no longer monitors. If a bridge is behind another monitor
 * too, it stays open, and only the port that leads to the former monitor is restored.
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
      return isBehindAnother ? { ...openBridge(bridge), mask: bridge.mask } : bridge;
    });
}
