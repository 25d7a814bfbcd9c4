import { type HostKey, type KnownHostsLine, keyType } from "./parse";
import { matchesName } from "./patterns";

/** The verdict of known_hosts on a key that a server shows. */
export type Verdict =
  | { kind: "trusted" }
  | { kind: "revoked"; line: KnownHostsLine }
  | { kind: "changed"; line: KnownHostsLine }
  | { kind: "needs-openssh"; line: KnownHostsLine }
  | { kind: "unknown"; otherTypes: string[] };

/**
 * Looks up a server's key as OpenSSH does with `StrictHostKeyChecking yes`. A revoked key is refused, whatever else is
 * known. A key that is listed is trusted. Another key of the same type means that the key has changed. A certificate
 * authority could vouch for the server, but only OpenSSH can check that. Keys of other types alone decide nothing.
 * `names` are tried in order; from all but the first, only trust is taken (OpenSSH's look-up without the port).
 */
export function judgeKey(lines: readonly KnownHostsLine[], names: readonly string[], blob: Buffer): Verdict {
  const revoked = revocationOf(lines, names, blob);
  if (revoked !== undefined) return { kind: "revoked", line: revoked };
  for (const name of names) {
    if (keyLines(lines, [name]).some((line) => line.key.blob.equals(blob))) return { kind: "trusted" };
  }
  const own = names.slice(0, 1);
  const changed = keyLines(lines, own).find((line) => line.key.type === keyType(blob));
  if (changed !== undefined) return { kind: "changed", line: changed };
  const authority = linesFor(lines, names).find((line) => line.marker === "@cert-authority");
  if (authority !== undefined) return { kind: "needs-openssh", line: authority };
  return { kind: "unknown", otherTypes: [...new Set(keyLines(lines, own).map((line) => line.key.type))] };
}

/** The line that revokes a key of a server. */
export function revocationOf(
  lines: readonly KnownHostsLine[],
  names: readonly string[],
  blob: Buffer,
): KnownHostsLine | undefined {
  return linesFor(lines, names).find((line) => line.marker === "@revoked" && line.key.blob.equals(blob));
}

/** The keys that are known for a server, so that it can be asked for one of their types. */
export function knownKeys(lines: readonly KnownHostsLine[], names: readonly string[]): HostKey[] {
  for (const name of names) {
    const found = keyLines(lines, [name]);
    if (found.length > 0) return found.map((line) => line.key);
  }
  return [];
}

function keyLines(lines: readonly KnownHostsLine[], names: readonly string[]): KnownHostsLine[] {
  return linesFor(lines, names).filter((line) => line.marker === undefined);
}

function linesFor(lines: readonly KnownHostsLine[], names: readonly string[]): KnownHostsLine[] {
  return lines.filter((line) => names.some((name) => matchesName(line.patterns, name)));
}
