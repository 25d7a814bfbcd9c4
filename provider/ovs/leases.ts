import { isLeaseCookie } from "../model/identity";
import type { Flow } from "./openflow";

/** Leased rules, as `ovs-ofctl dump-flows` takes it: by their cookie. Those without an end are none. */
export const LEASED = "cookie=0x7a71000000000000/0xffff000000000000";

/** A sed command that passes on the lines of `dump-flows` that are of leased rules. */
export const ONLY_LEASED = "sed -n '/hard_timeout=/p'";

/** Whether a rule is a leased one: its holder's affair, and no other writer's. */
export function isLeased({ cookie, options = "" }: Flow): boolean {
  return isLeaseCookie(cookie) && /(^|,)hard_timeout=/.test(options);
}
