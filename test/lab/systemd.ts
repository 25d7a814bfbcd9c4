import type { LabHost } from "./host.js";

/** Exit code of the script when the machine cannot boot it. */
const CANNOT = 77;

/** The units that others depend on; of the machine's own, none is known there. */
const TARGETS = ["sysinit", "basic", "multi-user", "shutdown"];

/**
 * systemd as a lab host's service manager, with the host's /etc/systemd/system as its only units. It has namespaces of its own
 * within the host's, because it takes whatever it finds for its machine: nothing of the machine is mounted, named or set anew.
 */
export class Systemd {
  private constructor(
    private readonly host: LabHost,
    /** Its number in the lab's PID namespace. */
    private readonly pid: string,
  ) {}

  /** Resolves when it runs; to undefined, having said why, where the machine has no systemd or no control groups to give. */
  static async start(host: LabHost): Promise<Systemd | undefined> {
    const { stdout, stderr, exitCode } = await host.run(["bash", "-c", bootScript(host.namespace)]);
    if (exitCode === CANNOT) {
      console.log(`      no systemd can be booted here: ${stderr.trim()}`);
      return undefined;
    }
    const pid = /^systemd (\d+)$/m.exec(stdout)?.[1];
    if (pid === undefined) throw new Error(`systemd did not boot (${exitCode}): ${stderr}${stdout}`);
    return new Systemd(host, pid);
  }

  /** Ends it with all it runs. */
  async stop(): Promise<void> {
    await this.host.ovs(`
kill -KILL ${this.pid}
while [ -e /run/cgroup/${this.host.namespace} ]; do
  sleep 0.01
  find /run/cgroup/${this.host.namespace} -depth -type d -exec rmdir {} + 2> /dev/null
done
umount /run/cgroup "$(readlink -f "$(command -v systemctl)")"
rm -rf /run/systemd`);
  }
}

function bootScript(name: string): string {
  const inside = `
umount /run/cgroup
mount -t proc proc /proc
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -o remount,bind,ro /sys
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount --rbind /dev /dev
mount -o remount,bind,ro /dev
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
[ ! -e /dev/console ] || mount --bind /dev/null /dev/console
exec env -i container=lab PATH="$PATH" SYSTEMD_UNIT_PATH=/etc/systemd/system SYSTEMD_GENERATOR_PATH=/run/none \\
  SYSTEMD_ENVIRONMENT_GENERATOR_PATH=/run/none /lib/systemd/systemd --system --unit=basic.target --log-target=console`;
  return `
cannot() { echo "$1" >&2; exit ${CANNOT}; }
[ -x /lib/systemd/systemd ] || cannot "it is not installed"
mkdir -p /run/cgroup
mount -t cgroup2 cgroup2 /run/cgroup || cannot "there is no cgroup2"
mkdir /run/cgroup/${name} || cannot "control groups are read-only"
for target in ${TARGETS.join(" ")}; do
  printf '[Unit]\\nDescription=The lab has no more of it\\nDefaultDependencies=no\\n' > /etc/systemd/system/$target.target
done
(
  echo "$BASHPID" > /run/cgroup/${name}/cgroup.procs
  exec setsid unshare --mount --pid --uts --ipc --cgroup --fork --kill-child -- bash -ec '${inside}' < /dev/null > /run/systemd.log 2>&1
) &
outside=$!
# It speaks only to processes that have a number in its own PID namespace.
systemctl=$(readlink -f "$(command -v systemctl)")
for round in $(seq 100); do
  inside=$(tr -d ' ' < "/proc/$outside/task/$outside/children")
  if [ -n "$inside" ] && nsenter --target "$inside" --mount --pid "$systemctl" is-active --quiet basic.target 2> /dev/null; then
    printf '#!/bin/sh\\nexec nsenter --target %s --mount --pid %s "$@"\\n' "$inside" "$systemctl" > /run/systemctl
    chmod 755 /run/systemctl
    mount --bind /run/systemctl "$systemctl"
    echo "systemd $outside"
    exit 0
  fi
  kill -0 "$outside" || break
  sleep 0.1
done
cat /run/systemd.log >&2
exit 1`;
}
