import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { bindAccounts, writeAccounts } from "./accounts.js";
import { startUntil } from "./command.js";
import { SILENCE_IPV6 } from "./network.js";

/** The shell line that keeps frames in a namespace's Linux bridges out of its firewall, whatever the machine's do. */
const BYPASS_FIREWALL =
  "for file in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $file ] || echo 0 > $file; done";

const OVSDB_SERVER = [
  "ovsdb-server /etc/openvswitch/conf.db --detach --no-chdir --pidfile --log-file -vconsole:off",
  "--remote=punix:/var/run/openvswitch/db.sock --remote=db:Open_vSwitch,Open_vSwitch,manager_options",
].join(" ");
const VSWITCHD = "ovs-vswitchd --detach --no-chdir --pidfile --log-file -vconsole:off";

/** What a host's daemons are started and ended with, in its own namespaces. */
export const daemonScripts = {
  startOvsdbServer: OVSDB_SERVER,
  startVswitchd: VSWITCHD,
  /** Ends a daemon by the number in its pid file and waits until it is gone; the namespace's /proc shows the lab alone. */
  end: (name: "ovs-vswitchd" | "ovsdb-server", signal: "TERM" | "KILL") => `
pid=$(cat /run/openvswitch/${name}.pid)
kill -${signal} "$pid"
while [ -e "/proc/$pid/stat" ]; do sleep 0.005; done
rm -f /run/openvswitch/${name}.pid "/run/openvswitch/${name}.$pid.ctl"`,
};

/** What a host needs to boot. */
export interface HostBoot {
  /** The `nsenter` words of the lab's PID namespace. */
  enterLab: readonly string[];
  /** Name of the host's network namespace, which exists. */
  namespace: string;
  /** The host's own directory. */
  directory: string;
  systemId: string;
  sudoCommands: string | undefined;
}

/**
 * Makes a host's mount namespace, held by a process that lives as long as the lab, and starts its ovsdb-server and
 * ovs-vswitchd there. In it /run is private, as are OVS's database and logs, the account files, /proc, /sys, /var/lib and the
 * administrator's systemd units: default paths work as on a machine of its own, and the machine's Open vSwitch is out of sight.
 * Resolves with the words that make a command run on the host.
 */
export async function bootHost(boot: HostBoot): Promise<string[]> {
  const { enterLab, namespace, directory, systemId, sudoCommands } = boot;
  const accounts = join(directory, "accounts");
  await Promise.all([
    mkdir(join(directory, "openvswitch"), { recursive: true }),
    mkdir(join(directory, "log"), { recursive: true }),
    writeAccounts(accounts, sudoCommands),
  ]);
  const script = `
set -e
read -r pid rest < /proc/self/stat   # still the machine's /proc: the number the machine knows this process by
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/openvswitch /run/sshd /run/lock /run/home
for place in /var/lib /etc/systemd/system; do
  [ ! -d $place ] || mount -t tmpfs -o mode=755 tmpfs $place
done
mount --bind ${directory}/openvswitch /etc/openvswitch
mount --bind ${directory}/log /var/log/openvswitch
${bindAccounts(accounts).join("\n")}
ip link set lo up
${SILENCE_IPV6}
${BYPASS_FIREWALL}
ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
${OVSDB_SERVER}
version=$(ovs-vswitchd --version | sed -n '1s/.* //p')
ovs-vsctl --no-wait -- init -- set Open_vSwitch . "ovs_version=$version" system_type=lab system_version=1 \\
  external_ids:system-id=${systemId} external_ids:rundir=/var/run/openvswitch
${VSWITCHD}
echo "host $pid"
exec sleep infinity
`;
  const network = `--net=/run/netns/${namespace}`;
  const { match } = await startUntil(
    [...enterLab, network, "--", "unshare", "--mount", "--", "bash", "-c", script],
    /^host (\d+)$/m,
  );
  return [...enterLab, network, `--mount=/proc/${match[1]}/ns/mnt`, "--"];
}
