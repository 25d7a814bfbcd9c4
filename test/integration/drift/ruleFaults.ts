import type { Fault } from "./faults";
import { ownRules, type PlacedRule, type Users } from "./users";

/** A rule's place as a strict command of ovs-ofctl names it. */
function place({ table, priority, match }: PlacedRule): string {
  return [`table=${table}`, `priority=${priority}`, ...(match === "" ? [] : [match])].join(",");
}

function ofctl(command: string, { bridge }: PlacedRule, text: string): string {
  return `ovs-ofctl -O OpenFlow14 --strict ${command} ${bridge} '${text}'`;
}

/** A rule is removed; it does something else; on the tap bridge, another takes its place. */
function touches(rule: PlacedRule): { what: string; script: string; says: "missing" | "unexpected" }[] {
  const cookie = `cookie=0x${rule.cookie.toString(16)}`;
  const other = rule.actions === "drop" ? "resubmit(,200)" : "drop";
  const taken = {
    what: "replaced",
    script: ofctl("add-flow", rule, `cookie=0x1,${place(rule)},actions=${rule.actions}`),
  };
  return [
    { what: "removed", script: ofctl("del-flows", rule, `${cookie}/-1,${place(rule)}`), says: "missing" },
    {
      what: "altered",
      script: ofctl("mod-flows", rule, `${cookie}/-1,${place(rule)},actions=${other}`),
      says: "unexpected",
    },
    ...(rule.bridge === "br-tap" ? [{ ...taken, says: "unexpected" } as const] : []),
  ];
}

/** Everything that can be done to the rules and meters of ours on a host, one at a time. */
export function ruleFaults(host: number, users: Users): Fault[] {
  const { snapshot, all } = users;
  const rules = ownRules(snapshot);
  const hooks = rules.filter(({ bridge }) => bridge !== "br-tap");
  const meters = snapshot.bridges["br-tap"]!.meters.map((line) => /^meter=(\d+)/.exec(line)?.[1]).filter(
    (id) => id !== undefined,
  );
  const meter = (what: string, says: RegExp, script: string, concerned = ["web"]) =>
    ({
      host,
      title: `meter ${what}`,
      says,
      script: `ovs-ofctl -O OpenFlow14 ${script}`,
      users: concerned,
    }) as Fault;
  return [
    ...rules.flatMap((rule) =>
      touches(rule).map(({ what, script, says }) => ({
        host,
        title: `${rule.bridge}: rule ${what}: ${place(rule)}`,
        script,
        users: users.ofRule(rule),
        says: new RegExp(`${says} rule on ${rule.bridge}: `),
      })),
    ),
    ...["br-tap", ...new Set(hooks.map(({ bridge }) => bridge))].map((bridge) => ({
      host,
      title: `${bridge}: a rule with our cookie added`,
      script: `ovs-ofctl add-flow ${bridge} cookie=0x7a70ffffffffffff,table=9,priority=9,dl_vlan=4000,actions=drop`,
      users: all,
      says: new RegExp(`unexpected rule on ${bridge}: cookie=0x7a70ffffffffffff`),
    })),
    ...meters.flatMap((id) => [
      meter("removed", /missing meter/, `del-meter br-tap meter=${id}`),
      meter(
        "altered",
        /altered meter/,
        `mod-meter br-tap meter=${id},pktps,burst,stats,band=type=drop,rate=5,burst_size=5`,
      ),
      meter("added", /unexpected meter 999/, "add-meter br-tap meter=999,pktps,band=type=drop,rate=5", all),
    ]),
  ];
}
