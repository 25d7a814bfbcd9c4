import type { LabHost } from "../../lab/host";

/** Puts a sudoers file in place on a host, for another user than the one it names. */
export async function installSudoers(host: LabHost, text: string, user: string): Promise<void> {
  const own = text.replace(/^taas /m, `${user} `);
  const script = `
set -e
{ echo 'root ALL=(ALL:ALL) ALL'; echo 'Defaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin"'; cat; } > /etc/sudoers
visudo -c -q -f /etc/sudoers`;
  await host.ovs(script, { input: own });
}

/** Starts Open vSwitch anew as systemd would with a drop-in file, and puts a user into the group that it names. */
export async function installGroup(host: LabHost, text: string, user: string): Promise<void> {
  const setting = (name: string) => new RegExp(`^${name}=(\\w+)$`, "m").exec(text)![1]!;
  const [group, umask] = [setting("Group"), setting("UMask")];
  await host.ovs(`grep -q '^${group}:' /etc/group || echo '${group}:x:64120:${user}' >> /etc/group`);
  await host.restartAs({ group, umask });
}
