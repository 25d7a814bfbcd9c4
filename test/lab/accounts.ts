import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The users that a host of the lab has besides the machine's own: `operator` may do nothing with OVS, `tapadmin` only by sudo. */
const EXTRA_USERS = [
  { name: "operator", id: 64_101 },
  { name: "tapadmin", id: 64_102 },
] as const;

/** What `tapadmin` may run with `sudo -n` unless the host's options say otherwise. */
const OVS_TOOLS = "/usr/bin/ovs-*, /usr/bin/ovsdb-*, /usr/sbin/ovs-*, /usr/sbin/ovsdb-*";

/** Writes a host's own copies of the account files into `directory`; `bindAccounts` puts them in place. */
export async function writeAccounts(directory: string, sudoCommands = OVS_TOOLS): Promise<void> {
  await mkdir(directory, { recursive: true });
  const own = (name: string) => (line: string) => !line.startsWith(`${name}:`);
  const lines = async (path: string) => (await readFile(path, "utf8")).split("\n").filter(Boolean);
  let [passwd, shadow, group] = await Promise.all(["/etc/passwd", "/etc/shadow", "/etc/group"].map(lines));
  for (const { name, id } of [{ name: "root", id: 0 }, ...EXTRA_USERS]) {
    // root's home is private too: the machine's own may hold a .bashrc or .ssh/rc that a login would run.
    passwd = [...passwd!.filter(own(name)), `${name}:x:${id}:${id}::/run/home/${name}:/bin/bash`];
    // `*` can log in with a key only; `!`, which some images give root, is a locked account to sshd.
    shadow = [...shadow!.filter(own(name)), `${name}:*:20000:0:99999:7:::`];
    group = [...group!.filter(own(name)), `${name}:x:${id}:`];
  }
  const text = (content: string[] | undefined) => `${content!.join("\n")}\n`;
  await Promise.all([
    writeFile(join(directory, "passwd"), text(passwd), { mode: 0o644 }),
    writeFile(join(directory, "shadow"), text(shadow), { mode: 0o600 }),
    writeFile(join(directory, "group"), text(group), { mode: 0o644 }),
    writeFile(join(directory, "sudoers"), sudoers(sudoCommands), { mode: 0o440 }),
  ]);
}

/** The shell lines that put the copies in `directory` in place, to be run in the host's mount namespace once /run is private. */
export function bindAccounts(directory: string): string[] {
  const files = ["passwd", "shadow", "group", ...(existsSync("/etc/sudoers") ? ["sudoers"] : [])];
  return [
    ...files.map((file) => `mount --bind ${directory}/${file} /etc/${file}`),
    ...[{ name: "root", id: 0 }, ...EXTRA_USERS].map(
      ({ name, id }) => `install -d -m 700 -o ${id} -g ${id} /run/home/${name}`,
    ),
  ];
}

function sudoers(commands: string): string {
  return `root ALL=(ALL:ALL) ALL\nDefaults secure_path="/usr/sbin:/usr/bin:/sbin:/bin"\ntapadmin ALL=(root) NOPASSWD: ${commands}\n`;
}
