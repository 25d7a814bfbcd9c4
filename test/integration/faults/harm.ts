import type { LabHost } from "../../lab/host";

/** The daemons of an Open vSwitch. */
export type Daemon = "ovs-vswitchd" | "ovsdb-server";

/** Stops a daemon in its tracks, as a hang does, or lets it go on. */
export async function signalDaemon(host: LabHost, daemon: Daemon, signal: "STOP" | "CONT"): Promise<void> {
  await host.ovs(`kill -${signal} "$(cat /run/openvswitch/${daemon}.pid)"`);
}

/** Signals the processes that hold a host's SSH connections: KILL cuts them. Resolves to how many there were. */
export async function signalConnections(host: LabHost, signal: "KILL" | "STOP" | "CONT"): Promise<number> {
  // /proc shows the whole lab; what is in the host's network namespace is the host's.
  const pids = await host.ovs(`
own=$(readlink /proc/self/ns/net)
for process in /proc/[0-9]*; do
  case "$(cat $process/comm 2> /dev/null)" in sshd*) ;; *) continue ;; esac
  [ "$(readlink $process/ns/net)" = "$own" ] || continue
  kill -${signal} "\${process#/proc/}" && echo "\${process#/proc/}"
done
true`);
  return pids.split("\n").filter(Boolean).length;
}

/** Names of the processes on a host, sorted. */
export async function processesOn(host: LabHost): Promise<string[]> {
  const names = await host.ovs(`
own=$(readlink /proc/self/ns/net)
for process in /proc/[0-9]*; do
  [ "$(readlink $process/ns/net)" = "$own" ] && [ "\${process#/proc/}" != $$ ] && cat $process/comm
done 2> /dev/null
true`);
  return names.split("\n").filter(Boolean).sort();
}

/** Kills ovsdb-server and starts it. */
export async function crashOvsdbServer(host: LabHost): Promise<void> {
  await host.killOvsdbServer();
  await host.startOvsdbServer();
}

/** Kills ovs-vswitchd and starts it. */
export async function crashVswitchd(host: LabHost): Promise<void> {
  await host.killVswitchd();
  await host.startVswitchd();
}

/** Lets ports keep their OpenFlow numbers when ovs-vswitchd starts anew, so that a host can be compared with itself. */
export async function pinPortNumbers(host: LabHost): Promise<void> {
  await host.ovs(`
for bridge in $(ovs-vsctl list-br); do
  for port in $(ovs-vsctl list-ports $bridge); do
    ovs-vsctl set Interface $port "ofport_request=$(ovs-vsctl get Interface $port ofport)"
  done
done`);
}
