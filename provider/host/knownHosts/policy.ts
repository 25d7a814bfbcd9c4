import { TaasError } from "../../errors";
import { type Endpoint, knownHostsName } from "../endpoint";
import { usableAlgorithms } from "../ssh2/algorithms";
import { keyTypeOf, preferKnown } from "./algorithms";
import { judgeKey, knownKeys, revocationOf } from "./match";
import { matchesPin, type Pin, parsePin } from "./pin";
import { readKnownHosts } from "./read";
import { pinMismatch, refusal, tooSmall } from "./refusal";
import { rsaBits } from "./rsa";

/** How a server's host key is requested and judged. */
export interface HostKeyPolicy {
  /** Offered to the server, in this order. Never empty. */
  algorithms: string[];
  /** Whether only a fingerprint is known, so that another of the server's keys may match it. */
  typeUnknown: boolean;
  /** The error for a refused key; `undefined` if the key is accepted. */
  judge(blob: Buffer): TaasError | undefined;
}

/** Returns the error for a refused key, or `undefined`. */
type Judgement = HostKeyPolicy["judge"];

/**
 * The policy for a server: its pinned key, else known_hosts, always strictly. A key that known_hosts marks `@revoked`
 * is always refused, and so is an RSA key below `RequiredRSASize`. `StrictHostKeyChecking no` and `accept-new` of the
 * ssh configuration have no effect. Errors: `invalid-host`, `known-hosts-unreadable`, `needs-openssh`.
 */
export async function hostKeyPolicy(endpoint: Endpoint): Promise<HostKeyPolicy> {
  const usable = usableAlgorithms(endpoint, "HostKeyAlgorithms");
  if (endpoint.hostKey !== undefined) {
    const pin = parsePin(endpoint.hostKey, endpoint.name);
    return pinPolicy(endpoint, pin, usable, await readRevocations(endpoint));
  }
  const lines = await readKnownHosts(endpoint.knownHostsFiles, endpoint.name);
  const names = lookupNames(endpoint);
  const types = knownKeys(lines, names).map((key) => key.type);
  return {
    algorithms: preferKnown(usable, types),
    typeUnknown: false,
    judge(blob) {
      const verdict = judgeKey(lines, names, blob);
      return verdict.kind === "trusted" ? sizeRefusal(endpoint, blob) : refusal(endpoint, verdict, blob);
    },
  };
}

/**
 * The revocations of a server's keys in known_hosts: returns the error for a key, or `undefined`. Throws
 * `known-hosts-unreadable`.
 */
export async function readRevocations(endpoint: Endpoint): Promise<Judgement> {
  const lines = await readKnownHosts(endpoint.knownHostsFiles, endpoint.name);
  const names = lookupNames(endpoint);
  return (blob) => {
    const line = revocationOf(lines, names, blob);
    return line === undefined ? undefined : refusal(endpoint, { kind: "revoked", line }, blob);
  };
}

function pinPolicy(endpoint: Endpoint, pin: Pin, usable: string[], revoked: Judgement): HostKeyPolicy {
  const algorithms = pin.kind === "key" ? usable.filter((name) => keyTypeOf(name) === pin.key.type) : usable;
  if (pin.kind === "key" && algorithms.length === 0) {
    throw new TaasError(
      `hostKey pins a key of type ${pin.key.type}, which the built-in SSH client cannot verify or HostKeyAlgorithms leaves out`,
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
    judge: (blob) =>
      matchesPin(pin, blob)
        ? (revoked(blob) ?? sizeRefusal(endpoint, blob))
        : pinMismatch(endpoint, pin, blob),
  };
}

function sizeRefusal(endpoint: Endpoint, blob: Buffer): TaasError | undefined {
  const bits = rsaBits(blob);
  return bits === undefined || bits >= endpoint.requiredRsaSize ? undefined : tooSmall(endpoint, bits);
}

/** As in OpenSSH, a server on a port other than 22 may also be listed under its plain name. */
function lookupNames(endpoint: Endpoint): string[] {
  const name = knownHostsName(endpoint);
  return endpoint.hostKeyAlias !== undefined || endpoint.port === 22
    ? [name]
    : [name, endpoint.hostname.toLowerCase()];
}
