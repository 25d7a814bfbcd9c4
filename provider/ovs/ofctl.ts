import { TaasError } from "../errors";
import type { Command } from "../host/script";
import type { ExecOptions, ExecResult } from "../host/transport";
import type { Run } from "./channel";

/** A bridge whose OpenFlow rules are read or written with the host's own ovs-ofctl. */
export interface OfctlTarget {
  run: Run;
  /** Name of the bridge. */
  bridge: string;
  /** The host's name, for errors. */
  host?: string;
  /** Seconds that each command on the host may take; default 20. */
  timeoutSeconds?: number;
}

const DEFAULT_TIMEOUT_SECONDS = 20;
/**
 * The additional time, in milliseconds, for a script of three commands, beyond the limits of the commands themselves.
 */
const MARGIN_MS = 5000;

/**
 * The bridge's name, checked: ovs-ofctl would take a name with `:` for a connection method, and one that starts with
 * `/` or `.` for a file. Throws `bridge-name`.
 */
export function bridgeName(target: OfctlTarget): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/.test(target.bridge)) return target.bridge;
  throw new TaasError(`${JSON.stringify(target.bridge)} cannot be used as the name of a bridge`, {
    code: "bridge-name",
    host: target.host,
    hint: "Name it with letters, digits, and . _ + - after the first",
  });
}

/** Seconds for `--timeout` of each command. */
export function timeoutSeconds(target: OfctlTarget): number {
  return target.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
}

/** Runs a command, or a script of up to three, so that it ends by its own limits before the transport aborts it. */
export function runBounded(target: OfctlTarget, command: Command, input?: string): Promise<ExecResult> {
  const options: ExecOptions = { timeoutMs: 3 * timeoutSeconds(target) * 1000 + MARGIN_MS };
  return target.run(command, input === undefined ? options : { ...options, input });
}

/** The argv of ovs-ofctl: numbers instead of port names, bounded time. `version` such as `OpenFlow14`. */
export function ofctlArgv(target: OfctlTarget, version: string, args: readonly string[]): string[] {
  return ["ovs-ofctl", "-O", version, `--timeout=${timeoutSeconds(target)}`, "--no-names", ...args];
}

/**
 * The error for a command that failed: `openflow-error` with its standard error as the reason, or `openflow-timeout` if
 * it ended by its own time limit (SIGALRM).
 */
export function commandFailed(target: OfctlTarget, wanted: string, result: ExecResult): TaasError {
  const { host, bridge } = target;
  if (/\(Alarm clock\)/.test(result.stderr)) {
    return new TaasError(`${wanted} on bridge ${bridge}: no answer within ${timeoutSeconds(target)} s`, {
      code: "openflow-timeout",
      host,
      hint: "Is ovs-vswitchd running and not overloaded? Look at /var/log/openvswitch/ovs-vswitchd.log",
    });
  }
  const said = result.stderr.trim() || result.stdout.trim();
  const reason = said === "" ? `exit code ${result.exitCode}` : said.slice(0, 2000);
  return new TaasError(`${wanted} on bridge ${bridge} failed: ${reason}`, { code: "openflow-error", host });
}
