import { createHash } from "node:crypto";

/** The first `digits` hexadecimal digits of the SHA-256 of the parts, unambiguously joined. */
export function digest(digits: number, ...parts: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, digits);
}

/** Key of a Port's or Mirror's `external_ids` that marks it ours. */
export const MARK = "taas";

/** A Port or a Mirror, which can carry our mark. */
export interface Markable {
  name: string;
  externalIds: Record<string, string>;
}

/** Whether a row carries our mark. Somebody else's label may have the same key: see `isOurObject`. */
export function isMarked({ externalIds }: Pick<Markable, "externalIds">): boolean {
  return externalIds[MARK] === "1";
}

/** The names that we choose: each contains a hash. */
const OUR_NAME = /^(?:m[a-z]|taas)-[0-9a-f]{12}$/;

/**
 * Whether a row is ours whatever claims say: it carries our mark and a name that nobody else chooses. The mark alone
 * proves nothing, because operators label the ports of VMs too.
 */
export function isOurObject(row: Markable): boolean {
  return isMarked(row) && OUR_NAME.test(row.name);
}

/** The tunnel id of a service that asks for none: a stable 24-bit hash of its owner key, never 0. */
export function defaultTunnelId(owner: string): number {
  return (Number.parseInt(digest(12, "tunnel-id", owner), 16) % 0xffffff) + 1;
}

/** The stack part of an owner key: `org/project/stack`. */
export function stackOf(owner: string): string {
  return owner.split("/").slice(0, 3).join("/");
}

/** Top 16 bits of every cookie of ours. */
const COOKIE_MARK = 0x7a70n << 48n;

/** The cookie of an object that is identified by a hash: 16 fixed bits, 48 of the hash. */
export function pieceCookie(hash: string): bigint {
  return COOKIE_MARK | BigInt(`0x${hash.slice(0, 12)}`);
}

/** Top 16 bits of the cookie of a leased rule. */
const LEASE_MARK = 0x7a71n << 48n;

/**
 * The cookie of a leased rule, from a hash. A rule with such a cookie and a hard timeout belongs to its holder alone,
 * who adds and renews it over a separate OpenFlow connection. All other writers leave it unchanged, and it expires by
 * itself.
 */
export function leaseCookie(hash: string): bigint {
  return LEASE_MARK | BigInt(`0x${hash.slice(0, 12)}`);
}

/** Whether a cookie is that of a leased rule. */
export function isLeaseCookie(cookie: bigint): boolean {
  return cookie >> 48n === 0x7a71n;
}

/** The cookie of the drop rule of table 0, which carries the generation that the rules were rendered from. */
export function generationCookie(generation: number): bigint {
  return COOKIE_MARK | BigInt(generation);
}

/** Whether a cookie is one of ours. */
export function isOurCookie(cookie: bigint): boolean {
  return cookie >> 48n === 0x7a70n;
}
