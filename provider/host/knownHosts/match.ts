import { type HostKey, type KnownHostsLine, keyType } from "./parse";
import { matchesName } from "./patterns";

/** What known_hosts says of a key that a server presents. */
export type Verdict =
  | { kind: "trusted" }
  | { kind: "revoked"; line: KnownHostsLine }
  | { kind: "changed"; line: KnownHostsLine }
  | { kind: "needs-openssh"; line: KnownHostsLine }
  | { kind: "unknown"; otherTypes: string[] };

/**
 * Looks a server's key up as OpenSSH does with `StrictHostKeyChecking yes`: a revoked key is refused whatever else is
 * known; the very key is trusted; another key of the same type means it changed; a certificate authority could vouch
 * for the server, but only OpenSSH can tell; keys of other types alone say nothing.
 * `names` are tried in order; only trust is taken from the later ones (OpenSSH's look-up without the port).
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

/** The keys known for a server, so that it can be asked for one of their types. */
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
