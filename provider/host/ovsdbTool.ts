import { TaasError } from "../errors";
import type { Peer } from "./failures";
import type { ConnectionSettings } from "./host";
import { lacksRights, noRights } from "./privilege";
import type { ExecOptions, ExecResult } from "./transport";

/** Linux takes no argument of 128 KiB or more (MAX_ARG_STRLEN), and the login shell gets the whole line as one. */
const MAX_LINE = 128 * 1024 - 1024;

/**
 * OVSDB through `ovsdb-client transact`, for hosts where the socket cannot be forwarded. Each call is one transaction.
 * It has the transaction as an argument, so one beyond 127 KiB is an error: `transaction-too-large`.
 */
export function ovsdbTool(
  path: string,
  peer: Peer,
  settings: ConnectionSettings,
  run: (argv: readonly string[], options?: ExecOptions) => Promise<ExecResult>,
): (json: string) => Promise<string> {
  return async (json) => {
    const quotes = json.split("'").length - 1;
    const size = Buffer.byteLength(json) + 3 * quotes;
    if (size > MAX_LINE) {
      throw new TaasError(
        `a transaction of ${Math.ceil(size / 1024)} KiB is too large for ovsdb-client on ${peer.where}`,
        {
          code: "transaction-too-large",
          host: peer.name,
          hint: `Let the login user use ${path} and sshd forward it (AllowStreamLocalForwarding yes); then there is no limit`,
        },
      );
    }
    const timeout = Math.max(1, Math.ceil(settings.operationTimeout));
    const result = await run([
      "ovsdb-client",
      `--timeout=${timeout}`,
      "--",
      "transact",
      `unix:${path}`,
      json,
    ]);
    if (result.exitCode === 0) return result.stdout.trim();
    const why = result.stderr.trim();
    if (lacksRights(result)) throw noRights(peer, path, why);
    const gone = /refused|no such file/i.test(why);
    throw new TaasError(`ovsdb-client on ${peer.where} failed: ${why}`, {
      code: gone ? "no-ovs" : "ovsdb-failed",
      host: peer.name,
      ...(gone ? { hint: "Start ovsdb-server there" } : {}),
    });
  };
}
