import { createHmac } from "node:crypto";
import { matchesWildcards } from "../../wildcards";

/** The first field of a known_hosts line: a hashed name, or patterns, of which a negated one excludes. */
export type HostPatterns =
  | { kind: "hashed"; salt: Buffer; digest: Buffer }
  | { kind: "plain"; accept: string[]; reject: string[] };

/** Parses `|1|salt|hash` or a list such as `*.example.net,!bad.example.net,[10.0.0.1]:2222`. */
export function parsePatterns(field: string): HostPatterns | undefined {
  if (field.startsWith("|")) {
    const [, version, salt, digest, ...rest] = field.split("|");
    if (version !== "1" || salt === undefined || digest === undefined || rest.length > 0) return undefined;
    return { kind: "hashed", salt: Buffer.from(salt, "base64"), digest: Buffer.from(digest, "base64") };
  }
  const patterns = field.split(",").filter((pattern) => pattern !== "" && pattern !== "!");
  return {
    kind: "plain",
    accept: patterns.filter((pattern) => !pattern.startsWith("!")).map(lowerCase),
    reject: patterns
      .filter((pattern) => pattern.startsWith("!"))
      .map((pattern) => lowerCase(pattern.slice(1))),
  };
}

/**
 * Whether a name, in lower case, is one of the line's names. Brackets in a pattern are literal: a name with a port is
 * `[host]:port`.
 */
export function matchesName(patterns: HostPatterns, name: string): boolean {
  if (patterns.kind === "hashed") {
    return createHmac("sha1", patterns.salt).update(name).digest().equals(patterns.digest);
  }
  const fits = (pattern: string) => matchesWildcards(name, pattern);
  return patterns.accept.some(fits) && !patterns.reject.some(fits);
}

function lowerCase(pattern: string): string {
  return pattern.toLowerCase();
}
