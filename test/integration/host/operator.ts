import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Workshop } from "./sshServer";

/** A login user who is not root and exists only in the mount namespace of the server that `wrapper` starts. */
export interface Operator {
  name: string;
  uid: number;
  wrapper: string[];
}

/** Makes the user, with this text as the machine's sudoers file below a line for root. Needs root. */
export function makeOperator(workshop: Workshop, sudoers: string): Operator {
  const name = "taas-operator";
  const uid = 61234;
  const users = readFileSync("/etc/passwd", "utf8");
  const passwd = workshop.file("passwd", `${users}${name}:*:${uid}:${uid}::/:/bin/sh\n`);
  chmodSync(passwd, 0o644);
  const rules = workshop.file("sudoers", `root ALL=(ALL) NOPASSWD: ALL\n${sudoers}\n`);
  chmodSync(rules, 0o440);
  chmodSync(workshop.path, 0o755);
  chmodSync(join(workshop.path, "authorized_keys"), 0o644);
  const script = 'mount --bind "$1" /etc/passwd && mount --bind "$2" /etc/sudoers && shift 2 && exec "$@"';
  return { name, uid, wrapper: ["unshare", "-m", "sh", "-c", script, "-", passwd, rules] };
}
