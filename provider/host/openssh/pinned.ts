import { TaasError } from "../../errors";
import { type Endpoint, knownHostsName } from "../endpoint";
import { parsePin } from "../knownHosts/pin";
import { readRevocations } from "../knownHosts/policy";

/**
 * The line of a known_hosts file that contains only the pinned key; `undefined` without a pin. `ssh` then reads no
 * other known_hosts file, so a pinned key that one of them revokes is refused here. Errors: `invalid-host` for a
 * fingerprint, `host-key-revoked`, `known-hosts-unreadable`.
 */
export async function pinnedLine(endpoint: Endpoint): Promise<string | undefined> {
  if (endpoint.hostKey === undefined) return undefined;
  const pin = parsePin(endpoint.hostKey, endpoint.name);
  if (pin.kind === "fingerprint") {
    throw new TaasError(
      'with transport "openssh", hostKey must be the public key itself, not its fingerprint',
      {
        code: "invalid-host",
        host: endpoint.name,
        hint: 'Write it as "ssh-ed25519 AAAA..." (ssh-keyscan prints it)',
      },
    );
  }
  const { type, blob } = pin.key;
  const revoked = (await readRevocations(endpoint))(blob);
  if (revoked !== undefined) throw revoked;
  return `${knownHostsName(endpoint)} ${type} ${blob.toString("base64")}\n`;
}

/** The options that make `ssh` use this known_hosts file and no other. */
export function pinOptions(knownHosts: string): string[] {
  const none = ["-o", "GlobalKnownHostsFile=/dev/null", "-o", "KnownHostsCommand=none"];
  return ["-o", `UserKnownHostsFile="${knownHosts}"`, ...none];
}
