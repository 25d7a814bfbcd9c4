import { TaasError } from "../../errors";
import { describeEndpoint, type Endpoint } from "../endpoint";

/**
 * Options of ssh_config(5) that decide where a connection leads or which key is right, and that the built-in client
 * does not support.
 */
const OPTIONS = ["ProxyCommand", "BindInterface", "KnownHostsCommand", "RevokedHostKeys"];

/** Refuses a server for which the ssh configuration has such an option. Throws `needs-openssh`. */
export function refuseUnsupported(endpoint: Endpoint): void {
  const config = new Map(endpoint.config);
  for (const option of OPTIONS) {
    const value = config.get(option.toLowerCase())?.[0];
    if (value === undefined || value === "none") continue;
    // A pinned key is not compared with the output of such a command.
    if (option === "KnownHostsCommand" && endpoint.hostKey !== undefined) continue;
    throw new TaasError(
      `the ssh configuration has ${option} ${value} for ${describeEndpoint(endpoint)}, which the built-in SSH client does not support`,
      {
        code: "needs-openssh",
        host: endpoint.name,
        hint: `Set transport: "openssh" on the host${option === "ProxyCommand" ? ", or use ProxyJump" : ""}`,
      },
    );
  }
}
