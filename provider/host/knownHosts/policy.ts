import { TaasError } from "../../errors";
import { type Endpoint, knownHostsName } from "../endpoint";
import { keyTypeOf, preferKnown, usableAlgorithms } from "./algorithms";
import { judgeKey, knownKeys } from "./match";
import { matchesPin, type Pin, parsePin } from "./pin";
import { readKnownHosts } from "./read";
import { pinMismatch, refusal } from "./refusal";

/** How one server's host key is asked for and judged. */
export interface HostKeyPolicy {
  /** Offered to the server, in this order. Never empty. */
  algorithms: string[];
  /** Whether only a fingerprint is known, so that another of the server's keys may be the right one. */
  typeUnknown: boolean;
  /** The error that refuses the key; `undefined` accepts it. */
  judge(blob: Buffer): TaasError | undefined;
}

/**
 * The policy for a server: its pinned key, else known_hosts, always strictly. `StrictHostKeyChecking no` and
 * `accept-new` of the ssh configuration are not followed. Errors: `invalid-host`, `known-hosts-unreadable`, `needs-openssh`.
 */
export async function hostKeyPolicy(endpoint: Endpoint): Promise<HostKeyPolicy> {
  const usable = usableAlgorithms(endpoint.hostKeyAlgorithms);
  if (endpoint.hostKey !== undefined)
    return pinPolicy(endpoint, parsePin(endpoint.hostKey, endpoint.name), usable);
  const lines = await readKnownHosts(endpoint.knownHostsFiles, endpoint.name);
  const names = lookupNames(endpoint);
  const types = knownKeys(lines, names).map((key) => key.type);
  return {
    algorithms: preferKnown(usable, types),
    typeUnknown: false,
    judge(blob) {
      const verdict = judgeKey(lines, names, blob);
      return verdict.kind === "trusted" ? undefined : refusal(endpoint, verdict, blob);
    },
  };
}

function pinPolicy(endpoint: Endpoint, pin: Pin, usable: string[]): HostKeyPolicy {
  const algorithms = pin.kind === "key" ? usable.filter((name) => keyTypeOf(name) === pin.key.type) : usable;
  if (pin.kind === "key" && algorithms.length === 0) {
    throw new TaasError(
      `hostKey pins a key of type ${pin.key.type}, which the built-in SSH client cannot verify`,
      {
        code: "needs-openssh",
        host: endpoint.name,
        hint: 'Set transport: "openssh" on the host, or pin another of its keys',
      },
    );
  }
  return {
    algorithms,
    typeUnknown: pin.kind === "fingerprint",
    judge: (blob) => (matchesPin(pin, blob) ? undefined : pinMismatch(endpoint, pin, blob)),
  };
}

/** As OpenSSH: a server on another port than 22 may also be known by its plain name. */
function lookupNames(endpoint: Endpoint): string[] {
  const name = knownHostsName(endpoint);
  return endpoint.hostKeyAlias !== undefined || endpoint.port === 22
    ? [name]
    : [name, endpoint.hostname.toLowerCase()];
}
