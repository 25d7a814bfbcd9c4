import { TaasError } from "../errors";
import { commandNotRun, describeCommand, type Peer } from "./failures";
import { isPlainPath } from "./plainPath";
import { type Command, plainArgv } from "./script";
import type { ExecResult } from "./transport";

/** What one probe of a host finds out about its login user and its OVS. */
export interface HostProbe {
  uid: number;
  /** OVS's run directory, which contains `db.sock` and the bridges' management sockets. */
  rundir: string;
  /** Whether the login user may use the OVSDB socket. */
  socket: "writable" | "refused" | "missing";
  /** Whether `ovs-vsctl` is installed. */
  installed: boolean;
  /**
   * The random id that its kernel has drawn at boot (random(4), `boot_id`): the same under every name of a machine, and
   * another on a clone of it. Empty if it cannot be read.
   */
  bootId: string;
}

/** The directory of OVS's sockets on Debian, Ubuntu, Fedora and RHEL. */
const DEFAULT_RUNDIR = "/var/run/openvswitch";

/** Prints the result of the probe on one line, with the path last. */
export const PROBE_ARGV = [
  "sh",
  "-c",
  `PATH="$PATH:/usr/local/bin:/usr/local/sbin:/usr/sbin:/sbin"
d="\${OVS_RUNDIR:-${DEFAULT_RUNDIR}}"
s=missing
if [ -S "$d/db.sock" ]; then
  s=refused
  if [ -w "$d/db.sock" ]; then s=writable; fi
elif [ -d "$d" ] && [ ! -x "$d" ]; then s=refused
fi
i=no
if command -v ovs-vsctl >/dev/null 2>&1; then i=yes; fi
b="$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
printf '\\ntaas-probe %s %s %s %s%s\\n' "$(id -u)" "$s" "$i" "\${b:+$b }" "$d"`,
] as const;

/** The line that `PROBE_ARGV` prints. */
const PROBED = /^taas-probe (\d+) (writable|refused|missing) (yes|no) (?:([\da-f-]{36}) )?(.+)$/m;

/**
 * Parses the output of `PROBE_ARGV`. Errors: `exec-failed` if there is none (no POSIX shell, or a forced command);
 * `no-ovs` if the run directory is not a plain path, because the host chooses it, and it becomes a word in commands on
 * the host and in `ssh` commands here.
 */
export function parseProbe(result: ExecResult, peer: Peer): HostProbe {
  const match = PROBED.exec(result.stdout);
  if (match === null) throw commandNotRun(peer, result);
  const [, uid, socket, installed, bootId = "", rundir = ""] = match;
  if (!isPlainPath(rundir)) {
    throw new TaasError(
      `Open vSwitch's run directory on ${peer.where} is ${JSON.stringify(rundir.slice(0, 300))}`,
      {
        code: "no-ovs",
        host: peer.name,
        hint: "OVS_RUNDIR of the login user there must be an absolute path of letters, digits and . _ + / @ , = -",
      },
    );
  }
  return {
    uid: Number(uid),
    socket: socket as HostProbe["socket"],
    installed: installed === "yes",
    bootId,
    rundir,
  };
}

/**
 * The command as root; of a script, only its tools run as root. A run directory other than the default is passed
 * explicitly, because sudo clears the environment.
 */
export function sudoArgv(command: Command, rundir: string): string[] {
  const environment = rundir === DEFAULT_RUNDIR ? [] : ["env", `OVS_RUNDIR=${rundir}`];
  const sudo = ["sudo", "-n", "--", ...environment];
  if ("text" in command) return ["env", "LC_ALL=C", `TAAS_SUDO=${sudo.join(" ")}`, ...plainArgv(command)];
  return ["env", "LC_ALL=C", ...sudo, ...command];
}

/** Why sudo itself did not run the command; `undefined` if it did. */
export function sudoRefusal({ exitCode, stderr }: ExecResult): string | undefined {
  if (exitCode === 0) return undefined;
  if (/\bsudo\W?: (?:command not found|not found|No such file)/.test(stderr)) return "sudo is not installed";
  const line = stderr.split("\n").find((text) => SUDO_REFUSALS.some((refusal) => refusal.test(text)));
  return line?.replace(/^sudo: /, "");
}

/** Messages that sudo (and sudo-rs) print in the C locale if they do not run a command. */
const SUDO_REFUSALS = [
  /^sudo: .*(?:password|terminal|authentication) is required/,
  /^sudo: sorry, you must have a tty/,
  /^sudo: .*account (?:has )?expired|^sudo: account validation failure/,
  /^sudo: .*(?:setuid bit|effective uid is not 0|no new privileges)/,
  /^(?:sudo: )?\S.* is not in the sudoers file/,
  /^(?:sudo: )?(?:Sorry, user )?\S+ is not allowed to (?:execute|run sudo)/,
  /^sudo: I'm sorry .* I'm afraid I can't do that/,
];

/** Whether a command failed because the login user lacks permission. */
export function lacksRights({ exitCode, stderr }: ExecResult): boolean {
  return exitCode !== 0 && /permission denied|operation not permitted/i.test(stderr);
}

/** The error if neither the login user nor sudo may do it. */
export function noRights(peer: Peer, what: Command | string, why: string): TaasError {
  const wanted = typeof what === "string" ? what : describeCommand("text" in what ? [what.name] : what);
  return new TaasError(`the login user of ${peer.where} may not use ${wanted}: ${why.replace(/\.$/, "")}`, {
    code: "no-rights",
    host: peer.name,
    hint: `Log in as root, put the user into the group that owns ${DEFAULT_RUNDIR}/*.sock and *.mgmt, or allow it Open vSwitch's tools in /etc/sudoers.d, with sudo: "auto" or "always" on the host; docs/security.md has files for both`,
  });
}
