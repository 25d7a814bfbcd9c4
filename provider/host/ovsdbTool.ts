import { TaasError } from "../errors";
import type { Peer } from "./failures";
import type { ConnectionSettings } from "./host";
import { lacksRights, noRights } from "./privilege";
import type { ExecOptions, ExecResult } from "./transport";

/** The most bytes of one argument with its terminator on Linux (MAX_ARG_STRLEN). */
const MAX_ARGUMENT = 128 * 1024;

/**
 * OVSDB through `ovsdb-client transact`, for hosts whose socket cannot be forwarded. Each call is one transaction. The
 * transaction is an argument, so one of 128 KiB or more is an error: `transaction-too-large`.
 */
export function ovsdbTool(
  path: string,
  peer: Peer,
  settings: ConnectionSettings,
  run: (argv: readonly string[], options?: ExecOptions) => Promise<ExecResult>,
): (json: string) => Promise<string> {
  return async (json) => {
    const size = Buffer.byteLength(json);
    if (size >= MAX_ARGUMENT) {
      throw new TaasError(
        `a transaction of ${Math.ceil(size / 1024)} KiB is too large for ovsdb-client on ${peer.where}`,
        {
          code: "transaction-too-large",
          host: peer.name,
          hint: `Give the login user access to ${path}, and let sshd forward it (AllowStreamLocalForwarding yes); then there is no limit`,
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
      ...(gone ? { hint: "Start ovsdb-server on the host" } : {}),
    });
  };
}
