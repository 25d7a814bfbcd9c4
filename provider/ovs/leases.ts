import { isLeaseCookie, leaseCookie } from "../model/identity";
import type { CookieMatch } from "./multipart";
import type { Flow } from "./openflow";

/** Leased rules by their cookies; those without an end are none. */
export const LEASES: CookieMatch = { cookie: leaseCookie("0"), mask: 0xffff_0000_0000_0000n };

/** The same as `ovs-ofctl dump-flows` takes it. */
export const LEASED = `cookie=0x${LEASES.cookie.toString(16)}/0x${LEASES.mask.toString(16)}`;

/** A sed command that passes on the lines of `dump-flows` that are of leased rules. */
export const ONLY_LEASED = "sed -n '/hard_timeout=/p'";

/** Whether a rule is a leased one: its holder's affair, and no other writer's. */
export function isLeased({ cookie, options = "" }: Flow): boolean {
  return isLeaseCookie(cookie) && /(^|,)hard_timeout=/.test(options);
}
