import type { Reading } from "./reading";

/** TCP flags from the lowest bit up, in the order in which ovs-ofctl prints them. */
export const TCP_FLAGS = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr", "ns"];

/**
 * Reads TCP flags: `+` before a name (or nothing) requires a set flag and `-` a clear one; commas are optional.
 * Canonical: each with its sign, in ovs-ofctl's order and without commas, `+syn-ack`.
 */
export function readTcpFlags(input: unknown): Reading<string> {
  const text = typeof input === "string" ? input.toLowerCase().replace(/\s/g, "") : "";
  if (!/^[+-]?[a-z]+(,[+-]?[a-z]+|[+-][a-z]+)*$/.test(text)) {
    return {
      reason: 'must name TCP flags, as "syn", "syn,ack" (both set) or "+syn-ack" (syn set, ack clear)',
    };
  }
  const signs = new Map<string, string>();
  for (const [, sign, name] of text.matchAll(/([+-]?)([a-z]+)/g)) {
    if (!TCP_FLAGS.includes(name!))
      return { reason: `has no flag ${name}: TCP's are ${TCP_FLAGS.join(", ")}` };
    const wanted = sign === "-" ? "-" : "+";
    if ((signs.get(name!) ?? wanted) !== wanted)
      return { reason: `requires ${name} both set and clear, which no frame is` };
    signs.set(name!, wanted);
  }
  return {
    value: TCP_FLAGS.filter((name) => signs.has(name))
      .map((name) => `${signs.get(name)}${name}`)
      .join(""),
  };
}
