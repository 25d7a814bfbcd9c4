import type { FoundLinuxBridge, LinuxBridges } from "../model/linuxBridge";
import type { InterfaceFacts } from "../ovs/facts";
import type { HostAccess } from "./access";

/**
 * Prints a line for each device that leads to a Linux bridge: the device, the bridge, its ageing time, its port there,
 * that port's mask, the bridge's snooping, how many ports the bridge has, and whether its frames pass the host's
 * firewall. The port is the device itself or, if the device is one end of a veth pair on the host, the other end.
 * Devices of other types have a peer's name too: for a VLAN, it is the device below, which carries the traffic of
 * others. The files of the host's switches exist if the kernel's module is loaded; without it, those of a bridge do
 * nothing.
 */
const READ = `
PATH="$PATH:/usr/sbin:/sbin"
calls=$(cat /proc/sys/net/bridge/bridge-nf-call-ip*tables 2>/dev/null)
setting() { cat "/sys/class/net/$1" 2>/dev/null || echo -; }
for device; do
  peer=$(ip -o link show dev "$device" type veth 2>/dev/null |
    sed -n '/link-netnsid/!s/^[0-9]*: [^@]*@\\([^:]*\\): .*/\\1/p')
  for port in "$device" "$peer"; do
    [ -n "$port" ] && bridge=$(readlink "/sys/class/net/$port/brport/bridge") || continue
    bridge=\${bridge##*/}
    ageing=$(setting "$bridge/bridge/ageing_time")
    mask=$(setting "$port/brport/group_fwd_mask")
    snooping=$(setting "$bridge/bridge/multicast_snooping")
    ports=$(ls "/sys/class/net/$bridge/brif" | wc -l)
    firewall=off
    [ -z "$calls" ] || case "$calls $(cat "/sys/class/net/$bridge/bridge/"nf_call_ip*tables 2>/dev/null)" in
      *1*) firewall=on ;;
    esac
    echo "taas-bridge $device $bridge $ageing $port $mask $snooping $ports $firewall"
    break
  done
done
exit 0`;

/** Names that Linux allows for devices. Open vSwitch allows others, and these become part of paths. */
const DEVICE = /^(?!\.{1,2}$)[^/\s]{1,15}$/;

const LINE =
  /^taas-bridge (\S+) ([^\s/]{1,15}) (\d{1,9}) ([^\s/]{1,15}) (0x[0-9a-f]{1,4}|-) ([01]|-) (\d{1,4}) (on|off)$/;

/** Reads which Linux bridges are behind these devices. Only devices that may have one are checked on the host. */
export async function readLinuxBridges(
  { run, plainDevices }: Pick<HostAccess, "run" | "plainDevices">,
  devices: readonly InterfaceFacts[],
): Promise<LinuxBridges> {
  const asked = devices.filter((device) => DEVICE.test(device.name) && !plainDevices.has(device));
  if (asked.length === 0) return new Map();
  const words = [...new Set(asked.map(({ name }) => name))];
  const { stdout, exitCode } = await run({ text: READ, name: "taas-linux-bridges", words });
  const bridges = new Map(
    stdout.split("\n").flatMap((line): [string, FoundLinuxBridge][] => {
      const [, device, name, ageing, port, mask, snooping, ports, firewall] = LINE.exec(line) ?? [];
      if (device === undefined || !words.includes(device)) return [];
      const bridge = {
        name: name!,
        ageing: Number(ageing),
        port: port!,
        mask: mask === "-" ? undefined : Number(mask),
        // One that does not snoop has nothing to set and nothing to restore.
        snooping: snooping === "1" ? 1 : undefined,
        ports: Number(ports),
        firewall: firewall as "on" | "off",
      };
      return [[device, bridge]];
    }),
  );
  if (exitCode === 0) for (const device of asked) if (!bridges.has(device.name)) plainDevices.add(device);
  return bridges;
}
