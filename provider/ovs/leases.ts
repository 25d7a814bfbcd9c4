import { isLeaseCookie, leaseCookie } from "../model/identity";
import type { CookieMatch } from "./multipart";
import type { Flow } from "./openflow";

/** Leased rules by their cookies; a rule without a timeout is not leased. */
export const LEASES: CookieMatch = { cookie: leaseCookie("0"), mask: 0xffff_0000_0000_0000n };

/** The same in the notation of `ovs-ofctl dump-flows`. */
export const LEASED = `cookie=0x${LEASES.cookie.toString(16)}/0x${LEASES.mask.toString(16)}`;

/** A sed command that passes only those lines of `dump-flows` that show leased rules. */
export const ONLY_LEASED = "sed -n '/hard_timeout=/p'";

/** Whether a rule is leased: only its holder may change it. */
export function isLeased({ cookie, options = "" }: Flow): boolean {
  return isLeaseCookie(cookie) && /(^|,)hard_timeout=/.test(options);
}
