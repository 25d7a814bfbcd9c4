import type { Rule } from "../../../provider/model/desired";
import { is } from "../../../provider/model/match";
import { markRule } from "../../../provider/plan/numberRules";

/** Three rules, of which the one for TCP is told. */
export function rulesWith(tcp: { port?: number; priority?: number; cookie?: bigint } = {}): Rule<number>[] {
  const { port = 443, priority = 100, cookie = 0x7a70_0000_0000_00bbn } = tcp;
  const rule = { table: 1, priority: 0, cookie: 0x7a70_0000_0000_00bbn, match: [], actions: [], owners: [] };
  const https = [is("eth_type", 0x800), is("ip_proto", 6), is("tcp_dst", port)];
  return [
    { ...rule, table: 0, priority: 100, cookie: 0x7a70_0000_0000_00aan, inPort: 5, actions: [{ goto: 1 }] },
    { ...rule, priority, cookie, match: https, actions: [{ output: 5 }] },
    rule,
  ];
}

/** `rulesWith` of nothing else. */
export const RULES = rulesWith();

/** Rules with the mark of a generation in front. */
export function marked(rules: readonly Rule<number>[], generation: number): Rule<number>[] {
  return [markRule(generation), ...rules];
}
