import { createHmac } from "node:crypto";

/** The first field of a known_hosts line: a hashed name, or patterns of which a negated one excludes. */
export type HostPatterns =
  | { kind: "hashed"; salt: Buffer; digest: Buffer }
  | { kind: "plain"; accept: RegExp[]; reject: RegExp[] };

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
    accept: patterns.filter((pattern) => !pattern.startsWith("!")).map(wildcard),
    reject: patterns
      .filter((pattern) => pattern.startsWith("!"))
      .map((pattern) => wildcard(pattern.slice(1))),
  };
}

/** Whether a name, in lower case, is one of the names of the line. */
export function matchesName(patterns: HostPatterns, name: string): boolean {
  if (patterns.kind === "hashed") {
    return createHmac("sha1", patterns.salt).update(name).digest().equals(patterns.digest);
  }
  return patterns.accept.some((one) => one.test(name)) && !patterns.reject.some((one) => one.test(name));
}

/** `*` is any text, `?` one character; brackets are literal: known_hosts writes ports as `[host]:port`. */
function wildcard(pattern: string): RegExp {
  const source = pattern
    .toLowerCase()
    .replace(/[\\^$.+()|{}[\]]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}
