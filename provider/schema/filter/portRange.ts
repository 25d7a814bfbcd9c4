import { isWithin, type Reading } from "./reading";

/** Ports from `first` to `last`, both included. */
export interface PortRange {
  first: number;
  last: number;
}

const EXAMPLE = 'must be a port such as 443 or a range such as "8000-8999"';

/** Reads a port or range. Canonical: a number, or `first-last` if they differ. */
export function readPorts(input: unknown): Reading<number | string> {
  if (isWithin(input, 0, 65535)) return { value: input };
  if (typeof input === "number") return { reason: "must be a whole number from 0 to 65535" };
  const text = typeof input === "string" ? /^\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?$/.exec(input) : null;
  if (text === null) return { reason: EXAMPLE };
  const first = Number(text[1]);
  const last = Number(text[2] ?? text[1]);
  if (first > 65535 || last > 65535) return { reason: "must be within 0 to 65535" };
  if (first > last) return { reason: `is reversed: write "${last}-${first}"` };
  return { value: first === last ? first : `${first}-${last}` };
}

/** The range that a canonical port or range denotes. */
export function portRange(ports: number | string): PortRange {
  const [first, last] = String(ports).split("-").map(Number) as [number, number?];
  return { first, last: last ?? first };
}
