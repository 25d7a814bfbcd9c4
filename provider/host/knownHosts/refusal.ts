import { TaasError } from "../../errors";
import { describeEndpoint, type Endpoint, knownHostsName } from "../endpoint";
import { fingerprint } from "./fingerprint";
import type { Verdict } from "./match";
import { keyType } from "./parse";
import type { Pin } from "./pin";

/** The error for a key that known_hosts does not accept. */
export function refusal(
  endpoint: Endpoint,
  verdict: Exclude<Verdict, { kind: "trusted" }>,
  blob: Buffer,
): TaasError {
  const shown = `${keyType(blob)} ${fingerprint(blob)}`;
  const where = describeEndpoint(endpoint);
  switch (verdict.kind) {
    case "unknown":
      return unknownKey(endpoint, shown, verdict.otherTypes);
    case "changed": {
      const { line } = verdict;
      return new TaasError(
        `the host key of ${where} has changed: it shows ${shown}, but ${line.file}:${line.line} says ${line.key.type} ${fingerprint(line.key.blob)}`,
        {
          code: "host-key-changed",
          host: endpoint.name,
          hint: `Somebody may be intercepting the connection. If the machine really has a new key: ssh-keygen -R '${knownHostsName(endpoint)}' -f ${line.file}, then add the new one`,
        },
      );
    }
    case "revoked":
      return new TaasError(
        `${where} shows the key ${shown}, which ${verdict.line.file}:${verdict.line.line} marks @revoked`,
        {
          code: "host-key-revoked",
          host: endpoint.name,
          hint: "Give the host a new key; a revoked key is never accepted",
        },
      );
    case "needs-openssh":
      return new TaasError(
        `${where} shows the key ${shown}, and only a certificate authority (${verdict.line.file}:${verdict.line.line}) could vouch for it`,
        {
          code: "needs-openssh",
          host: endpoint.name,
          hint: 'Host certificates need the OpenSSH client: set transport: "openssh" on the host, or pin its key as hostKey',
        },
      );
  }
}

/** The error for an unknown key. `shown`: its type and, if known, its fingerprint. */
export function unknownKey(endpoint: Endpoint, shown: string, otherTypes: readonly string[]): TaasError {
  const known =
    otherTypes.length === 0 ? "" : ` (only keys of other types are known: ${otherTypes.join(", ")})`;
  const file = endpoint.knownHostsFiles[0] ?? "~/.ssh/known_hosts";
  return new TaasError(`the host key of ${describeEndpoint(endpoint)} is unknown: ${shown}${known}`, {
    code: "host-key-unknown",
    host: endpoint.name,
    hint: `Compare the fingerprint on the host itself (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then ${scanCommand(endpoint, file)}; or pin it as hostKey`,
  });
}

/** The error for a key that is not the pinned one. */
export function pinMismatch(endpoint: Endpoint, pin: Pin, blob: Buffer): TaasError {
  const expected = pin.kind === "key" ? `${pin.key.type} ${fingerprint(pin.key.blob)}` : pin.fingerprint;
  return new TaasError(
    `the host key of ${describeEndpoint(endpoint)} is not the pinned one: it shows ${keyType(blob)} ${fingerprint(blob)}, but hostKey says ${expected}`,
    {
      code: "host-key-changed",
      host: endpoint.name,
      hint: "Somebody may be intercepting the connection. If the machine really has a new key, change hostKey",
    },
  );
}

/** The error for an RSA key below the configuration's `RequiredRSASize`. */
export function tooSmall(endpoint: Endpoint, bits: number): TaasError {
  return new TaasError(
    `${describeEndpoint(endpoint)} shows an RSA key of ${bits} bits, below the RequiredRSASize ${endpoint.requiredRsaSize} of the ssh configuration`,
    {
      code: "host-key-too-small",
      host: endpoint.name,
      hint: "Give the host a larger RSA key or one of another type, or lower RequiredRSASize for it",
    },
  );
}

/** A command that appends the server's keys to a known_hosts file under the name by which they are looked up. */
function scanCommand(endpoint: Endpoint, file: string): string {
  const { hostname, port, hostKeyAlias, jump } = endpoint;
  if (jump !== undefined) return `connect once by hand: ssh ${endpoint.alias}`;
  const rename = hostKeyAlias === undefined ? "" : ` | sed 's/^[^ ]*/${hostKeyAlias}/'`;
  return `ssh-keyscan -p ${port} ${hostname}${rename} >> ${file}`;
}
