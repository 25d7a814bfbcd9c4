import { TaasError } from "../errors";
import {
  type LinuxBridge,
  type LinuxBridges,
  monitorsOf,
  type OwnedMonitor,
  openBridge,
} from "../model/linuxBridge";
import { type HostAccess, tapBridgeOf } from "./access";
import type { Difference, Look } from "./look";

/**
 * Prints a line for each device that leads to a Linux bridge: the device, the bridge, its ageing time, its port there and that port's
 * mask. The port is the device itself or, where that is one end of a cable within the host, the other end.
 */
const READ = `
PATH="$PATH:/usr/sbin:/sbin"
for device; do
  peer=$(ip -o link show dev "$device" 2>/dev/null | sed -n '/link-netnsid/!s/^[0-9]*: [^@]*@\\([^:]*\\): .*/\\1/p')
  for port in "$device" "$peer"; do
    [ -n "$port" ] && bridge=$(readlink "/sys/class/net/$port/brport/bridge") || continue
    bridge=\${bridge##*/}
    mask=$(cat "/sys/class/net/$port/brport/group_fwd_mask" 2>/dev/null) || mask=-
    echo "taas-bridge $device $bridge $(cat "/sys/class/net/$bridge/bridge/ageing_time") $port $mask"
    break
  done
done
exit 0`;

/** Names that Linux has for devices. Open vSwitch takes others, and these go into paths. */
const DEVICE = /^(?!\.{1,2}$)[^/\s]{1,15}$/;

const LINE = /^taas-bridge (\S+) ([^\s/]{1,15}) (\d{1,9}) ([^\s/]{1,15}) (0x[0-9a-f]{1,4}|-)$/;

/** Reads which Linux bridges are behind the ports of these devices. Nothing is asked without a device. */
export async function readLinuxBridges(access: HostAccess, devices: Iterable<string>): Promise<LinuxBridges> {
  const words = [...new Set(devices)].filter((device) => DEVICE.test(device));
  if (words.length === 0) return new Map();
  const { stdout } = await access.run({ text: READ, name: "taas-linux-bridges", words });
  return new Map(
    stdout.split("\n").flatMap((line): [string, LinuxBridge][] => {
      const [, device, name, ageing, port, mask] = LINE.exec(line) ?? [];
      if (device === undefined || !words.includes(device)) return [];
      const bridge = {
        name: name!,
        ageing: Number(ageing),
        port: port!,
        mask: mask === "-" ? undefined : Number(mask),
      };
      return [[device, bridge]];
    }),
  );
}

/** The commands that make a Linux bridge what it is to be; `is`: what it is, where that is known. */
function commands(wanted: LinuxBridge, is?: LinuxBridge): string[][] {
  const ageing = ["dev", wanted.name, "type", "bridge", "ageing_time", String(wanted.ageing)];
  const mask = ["dev", wanted.port, "type", "bridge_slave", "group_fwd_mask", String(wanted.mask)];
  return [
    ...(wanted.ageing === is?.ageing ? [] : [ageing]),
    ...(wanted.mask === undefined || wanted.mask === is?.mask ? [] : [mask]),
  ].map((words) => ["ip", "link", "set", ...words]);
}

/** Sets a Linux bridge. One that is gone needs nothing. Rejects with `ageing-failed`, or `no-rights`. */
export async function setLinuxBridge(
  access: HostAccess,
  wanted: LinuxBridge,
  is?: LinuxBridge,
): Promise<void> {
  for (const argv of commands(wanted, is)) await setLink(access, argv);
}

async function setLink(access: HostAccess, argv: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await access.run(argv);
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
 * Rejects where a Linux bridge behind one of these devices would have to be set and cannot be. It runs the same commands without the
 * settings, which need the same right and change nothing.
 */
export async function requireLinuxBridges(access: HostAccess, devices: Iterable<string>): Promise<void> {
  for (const is of (await readLinuxBridges(access, devices)).values()) {
    for (const argv of commands(openBridge(is), is)) await setLink(access, argv.slice(0, -2));
  }
}

/** How the Linux bridges behind a host's monitors keep copies back. A writer sets them after the claims. */
export async function compareLinuxBridges(access: HostAccess, { facts, read }: Look): Promise<Difference[]> {
  const monitors = monitorsOf(read.claims, facts, tapBridgeOf(access.record));
  const bridges = await readLinuxBridges(
    access,
    monitors.map(({ name }) => name),
  );
  const texts = monitors.flatMap((monitor) => {
    const bridge = bridges.get(monitor.name);
    return bridge === undefined ? [] : differencesOf(bridge).map((what) => ({ what, monitor }));
  });
  return [...new Set(texts.map(({ what }) => what))].map((what) => ({
    what,
    owners: texts.filter((text) => text.what === what).map(({ monitor }) => monitor.owner),
    transient: true,
  }));
}

function differencesOf(is: LinuxBridge): string[] {
  const wanted = openBridge(is);
  const { name, port, ageing, mask } = is;
  const hex = (number = 0) => `0x${number.toString(16)}`;
  return [
    ...(ageing === wanted.ageing
      ? []
      : [`Linux bridge ${name} has ageing time ${ageing}, not ${wanted.ageing}`]),
    ...(mask === wanted.mask
      ? []
      : [`port ${port} of Linux bridge ${name} has group_fwd_mask ${hex(mask)}, not ${hex(wanted.mask)}`]),
  ];
}

/** Lets all copies through the Linux bridges behind monitors. Resolves with what could not be set, and whose monitor that is behind. */
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
