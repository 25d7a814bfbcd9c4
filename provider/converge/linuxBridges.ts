import { TaasError } from "../errors";
import type { Command } from "../host/script";
import {
  devicesOf,
  type FoundLinuxBridge,
  isShared,
  type LinuxBridge,
  type LinuxBridges,
  monitorsOf,
  notedLinuxBridges,
  OWN_PORTS,
  type OwnedMonitor,
  openBridge,
} from "../model/linuxBridge";
import { type HostAccess, tapBridgeOf } from "./access";
import type { Difference, Look } from "./look";
import { readLinuxBridges } from "./readLinuxBridges";

/** How many words of a command that sets a device come before the settings. */
const BEFORE_SETTINGS = 7;

/** Settings that `ip` refuses by itself, before it asks the kernel: no such number fits. */
const IMPOSSIBLE = {
  bridge: ["ageing_time", "4294967296"],
  bridge_slave: ["group_fwd_mask", "65536"],
} as const;

/**
 * Tries whether the login may set a device, and changes nothing. The kernel is asked for no setting, which needs the same
 * right. sudo decides by the words of a command, so it is asked for an impossible setting, which `ip` refuses.
 */
const TRY = `
device=$1 type=$2
shift 2
if [ -z "$TAAS_SUDO" ]; then exec ip link set dev "$device" type "$type"; fi
said=$($TAAS_SUDO ip link set dev "$device" type "$type" "$@" 2>&1) && exit
case $said in *"$2"*" is wrong"*) exit 0 ;; esac
printf '%s\\n' "$said" >&2
exit 1`;

/** The commands that set a Linux bridge as wanted; `is`: its current settings, if known. */
function commands(wanted: LinuxBridge, is?: LinuxBridge): string[][] {
  const change = (word: string, setting: "ageing" | "snooping" | "mask") =>
    wanted[setting] === undefined || wanted[setting] === is?.[setting] ? [] : [word, String(wanted[setting])];
  const ofBridge = [...change("ageing_time", "ageing"), ...change("mcast_snooping", "snooping")];
  return [
    ["ip", "link", "set", "dev", wanted.name, "type", "bridge", ...ofBridge],
    ["ip", "link", "set", "dev", wanted.port, "type", "bridge_slave", ...change("group_fwd_mask", "mask")],
  ].filter((argv) => argv.length > BEFORE_SETTINGS);
}

/** Sets a Linux bridge; does nothing if it is gone. Rejects with `ageing-failed` or `no-rights`. */
export async function setLinuxBridge(
  access: HostAccess,
  wanted: LinuxBridge,
  is?: LinuxBridge,
): Promise<void> {
  for (const argv of commands(wanted, is)) await setLink(access, argv);
}

/** Rejects with `ageing-failed` or `no-rights` if a command of `commands` could not be run. */
async function tryLink(access: HostAccess, argv: readonly string[]): Promise<void> {
  const [device, type] = [argv[4]!, argv[6]!];
  const [word, number] = IMPOSSIBLE[type as keyof typeof IMPOSSIBLE];
  const settings = argv.slice(BEFORE_SETTINGS);
  const others = settings.slice(settings[0] === word ? 2 : 0);
  await setLink(access, argv, {
    text: TRY,
    name: argv.join(" "),
    words: [device, type, word, number, ...others],
  });
}

/** Runs a command of `commands`, or what tries it. */
async function setLink(access: HostAccess, argv: readonly string[], command: Command = argv): Promise<void> {
  const { exitCode, stderr } = await access.run(command);
  if (exitCode === 0 || /can(?:not|'t) find device/i.test(stderr)) return;
  throw new TaasError(
    `the Linux bridge behind a monitor cannot be set by "${argv.join(" ")}": ${stderr.trim()}`,
    {
      code: "ageing-failed",
      host: access.record.name,
      hint: "The login needs the right to run ip link set, for instance by sudo",
    },
  );
}

/**
 * Rejects if a Linux bridge behind one of these monitors is shared (`monitor-bridge-shared`), or would have to be set
 * and cannot be. It sets nothing: another writer may have opened a bridge by now. Resolves with what the operator should
 * know of bridges that are accepted.
 */
export async function requireLinuxBridges(
  access: HostAccess,
  { facts, read }: Pick<Look, "facts" | "read">,
  monitors: readonly OwnedMonitor[],
): Promise<string[]> {
  const warnings: string[] = [];
  const noted = notedLinuxBridges(facts, read.bridge);
  for (const [port, is] of await readLinuxBridges(access, devicesOf(monitors, facts))) {
    if (isShared(is, noted))
      throw new TaasError(
        `${sharedText(port, is)}: they would get the copies, and their own frames would be flooded`,
        {
          code: "monitor-bridge-shared",
          host: access.record.name,
          hint: "Name a port that leads to the monitor alone: give its VM a Linux bridge of its own, or use a MonitorPort",
        },
      );
    if (is.ports > OWN_PORTS)
      warnings.push(
        `${sharedText(port, is)}. It is set for copies all the same, because it was before: delete the service to restore it`,
      );
    for (const argv of commands(openBridge(is), is)) await tryLink(access, argv);
    if (is.firewall === "on")
      warnings.push(
        `copies to monitor port ${port} pass this host's firewall, because Linux bridge ${is.name} calls it (bridge-nf-call-iptables), and those that its rules do not accept are dropped. For this port, switch port security (Neutron) or the VM's firewall (Proxmox) off`,
      );
  }
  return warnings;
}

function sharedText(port: string, { name, ports }: FoundLinuxBridge): string {
  return `Linux bridge ${name} behind monitor port ${port} has ${ports} ports, so others use it too`;
}

/**
 * The settings with which the Linux bridges behind a host's monitors hold copies back, which a writer sets after the
 * claims, and the bridges that others use, which no writer sets.
 */
export async function compareLinuxBridges(access: HostAccess, { facts, read }: Look): Promise<Difference[]> {
  const monitors = monitorsOf(read.claims, facts, tapBridgeOf(access.record));
  const noted = notedLinuxBridges(facts, read.bridge);
  const bridges = await readLinuxBridges(access, devicesOf(monitors, facts));
  const found = monitors.flatMap((monitor) => {
    const bridge = bridges.get(monitor.name);
    if (bridge === undefined) return [];
    const shared = isShared(bridge, noted);
    const whats = shared ? [sharedText(monitor.name, bridge)] : differencesOf(bridge);
    return whats.map((what) => ({ what, monitor, shared }));
  });
  return [...new Set(found.map(({ what }) => what))].map((what) => {
    const same = found.filter((one) => one.what === what);
    const { monitor, shared } = same[0]!;
    return {
      what,
      about: { port: monitor.name },
      owners: same.map((one) => one.monitor.owner),
      ...(shared ? {} : { transient: true as const }),
    };
  });
}

function differencesOf(is: LinuxBridge): string[] {
  const wanted = openBridge(is);
  const { name, port, ageing, snooping, mask } = is;
  const hex = (number = 0) => `0x${number.toString(16)}`;
  return [
    ...(ageing === wanted.ageing
      ? []
      : [`Linux bridge ${name} has ageing time ${ageing}, not ${wanted.ageing}`]),
    ...(snooping === wanted.snooping
      ? []
      : [`Linux bridge ${name} has mcast_snooping ${snooping}, not ${wanted.snooping}`]),
    ...(mask === wanted.mask
      ? []
      : [`port ${port} of Linux bridge ${name} has group_fwd_mask ${hex(mask)}, not ${hex(wanted.mask)}`]),
  ];
}

/**
 * Sets the Linux bridges behind monitors so that they let all copies through. Resolves with what could not be set, and
 * the owner of the monitor in front of it.
 */
export async function openLinuxBridges(
  access: HostAccess,
  monitors: readonly OwnedMonitor[],
  bridges: LinuxBridges,
): Promise<{ owner: string; error: TaasError }[]> {
  const failed: { owner: string; error: TaasError }[] = [];
  for (const { name, owner } of monitors) {
    const is = bridges.get(name);
    if (is === undefined) continue;
    try {
      await setLinuxBridge(access, openBridge(is), is);
    } catch (error) {
      if (!(error instanceof TaasError)) throw error;
      failed.push({ owner, error });
    }
  }
  return failed;
}
