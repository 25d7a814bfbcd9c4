import type { HostPatterns } from "./patterns";
import { parsePatterns } from "./patterns";

/** One usable line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHostsLine {
  file: string;
  /** From 1. */
  line: number;
  marker: "@revoked" | "@cert-authority" | undefined;
  patterns: HostPatterns;
  key: HostKey;
}

/** A public host key: its type and its wire form (RFC 4253, 6.6). */
export interface HostKey {
  type: string;
  blob: Buffer;
}

/**
 * Parses a known_hosts file. As in OpenSSH, an invalid line is skipped: comments, SSH 1 keys, unknown markers, broken
 * base64, a key whose blob has another type than the line.
 */
export function parseKnownHosts(text: string, file: string): KnownHostsLine[] {
  return text.split("\n").flatMap((content, index) => parseLine(content, file, index + 1) ?? []);
}

function parseLine(content: string, file: string, line: number): KnownHostsLine | undefined {
  const words = content.trim().split(/[ \t]+/);
  if (words[0] === "" || words[0]!.startsWith("#")) return undefined;
  const marker = words[0]!.startsWith("@") ? words.shift() : undefined;
  if (marker !== undefined && marker !== "@revoked" && marker !== "@cert-authority") return undefined;
  const [names, type, encoded] = words;
  if (names === undefined || type === undefined || encoded === undefined) return undefined;
  const key = parseHostKey(type, encoded);
  const patterns = parsePatterns(names);
  return key === undefined || patterns === undefined ? undefined : { file, line, marker, patterns, key };
}

/** A key from its type and base64 as in known_hosts or a `.pub` file; `undefined` if the two do not match. */
export function parseHostKey(type: string, encoded: string): HostKey | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const blob = Buffer.from(encoded, "base64");
  return keyType(blob) === type ? { type, blob } : undefined;
}

/** The type at the start of a key's blob (RFC 4251, 5: a string is its length and its bytes). */
export function keyType(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  return blob.length < 4 + length ? undefined : blob.toString("latin1", 4, 4 + length);
}
