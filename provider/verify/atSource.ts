import type { FoundPort } from "../model/findPort";
import { type Group, groupNames } from "../model/groups";
import { isSelective } from "../model/vlanClass";
import type { Counted } from "./counts";
import { type Evidence, NAMED, namesOf, plural, silence, type Verdict } from "./evidence";

/**
 * The fewest frames that a port must have counted before a missing copy is significant: the last one may not have been
 * counted yet.
 */
const ENOUGH = 5;

/** Whether the tapped ports are plugged and have a link. */
export function judgeSource({ source, counted, seconds }: Evidence): Verdict {
  const { ports } = source.end;
  if (ports.length === 0) return { verdict: "no-traffic", detail: "no tapped port is plugged" };
  const silent = ports.map(silence).filter((why) => why !== undefined);
  if (silent.length > 0) {
    const hint = "its VM is stopped, or its device is down";
    return { verdict: "wrong", detail: `${silent.slice(0, NAMED).join("; ")}: ${hint}` };
  }
  const total = (way: "egress" | "ingress"): number =>
    ports.reduce((sum, port) => sum + (counted.ports.get(port.interface.uuid)?.[way] ?? 0), 0);
  const detail = `${namesOf(ports)} plugged, sent ${plural(total("egress"), "frame")} and got ${total("ingress")} in ${seconds} s`;
  return { verdict: "proved", detail };
}

/** What a port counted of frames that a group is to capture. */
interface Due {
  port: FoundPort;
  due: number;
  /** Those of them which are of no VLAN that the port refuses. */
  sure: number;
}

/** What the ports of a group counted. */
function dueOf(group: Group, owner: string, { ports }: Counted): Due[] {
  const members = group.members.filter(({ flow }) => flow.owner === owner);
  return members.flatMap(({ flow, ports: tapped }) => {
    const { direction } = flow.source;
    const isDue = (way: "egress" | "ingress"): boolean =>
      (direction === "both" || direction === way) && (group.direction === "any" || group.direction === way);
    return tapped.flatMap((port) => {
      const count = ports.get(port.interface.uuid);
      if (count === undefined) return [];
      const sent = isDue("egress") ? count.egress : 0;
      const got = isDue("ingress") ? count.ingress : 0;
      return [{ port, due: sent + got, sure: isSelective(port.port) ? got : sent + got }];
    });
  });
}

/** Whether ports counted enough frames that no port refuses. */
function isSure(ports: readonly Due[]): boolean {
  return ports.reduce((sum, { sure }) => sum + sure, 0) >= ENOUGH;
}

/** What it means that a group captured none of the frames that its ports counted. */
function judgeSilent(
  { group, ports, due }: { group: Group; ports: readonly Due[]; due: number },
  seconds: number,
): Verdict {
  const names = namesOf(ports.filter((port) => port.due > 0).map(({ port }) => port));
  const { mirror } = groupNames(group);
  const what = `Mirror ${mirror} copied none of the ${due} frames of ${names} within ${seconds} s`;
  const why = `ovs-vswitchd goes on as before an edit of the Mirror, or has more than 32 Mirrors on ${group.bridge}`;
  if (isSure(ports)) return { verdict: "wrong", detail: `${what}: ${why}` };
  const vlans =
    "the VM sends frames of VLANs that its port does not take, which are dropped before any Mirror";
  return { verdict: "unknown", detail: `${what}: ${vlans}; or ${why}` };
}

/** Whether the groups captured what the ports counted. */
export function judgeCapture({ source, counted, seconds }: Evidence): Verdict {
  const { groups, claim } = source.end;
  if (groups.length === 0) return { verdict: "no-traffic", detail: "no tapped port is plugged" };
  const all = groups.map((group) => {
    const ports = dueOf(group, claim.owner, counted);
    const due = ports.reduce((sum, port) => sum + port.due, 0);
    return { group, ports, due, captured: counted.groups.get(group.hash)?.captured ?? 0 };
  });
  const deaf = all.filter(({ due, captured }) => due >= ENOUGH && captured === 0);
  const silent = deaf.find(({ ports }) => isSure(ports)) ?? deaf[0];
  if (silent !== undefined) return judgeSilent(silent, seconds);
  const due = all.reduce((sum, one) => sum + one.due, 0);
  const captured = all.reduce((sum, one) => sum + one.captured, 0);
  if (due === 0 || captured === 0)
    return { verdict: "no-traffic", detail: `no frame passed within ${seconds} s` };
  const shared = new Set(groups.flatMap(({ members }) => members.map(({ flow }) => flow.owner))).size;
  const others = shared > 1 ? `; ${shared} taps share their capture` : "";
  return { verdict: "proved", detail: `${plural(due, "frame")} passed within ${seconds} s${others}` };
}

/** What the groups' filters and caps did with the captured frames. */
export function judgeFilter({ source, counted, seconds }: Evidence): Verdict {
  const counts = source.end.groups.flatMap(({ hash }) => counted.groups.get(hash) ?? []);
  const total = (name: "captured" | "accepted"): number =>
    counts.reduce((sum, count) => sum + count[name], 0);
  const [captured, accepted] = [total("captured"), total("accepted")];
  if (captured === 0) return { verdict: "no-traffic", detail: `nothing to filter within ${seconds} s` };
  if (accepted === 0) {
    const isSampled = source.end.claim.source.sampling !== undefined;
    const who = isSampled ? "sample and filter" : "the filter";
    return { verdict: "no-traffic", detail: `${who} rejected all ${plural(captured, "frame")}` };
  }
  const dropped = Math.max(0, ...counts.map((count) => count.dropped));
  const capped = dropped === 0 ? "" : `; the rate limit dropped ${dropped}`;
  return { verdict: "proved", detail: `${accepted} of ${plural(captured, "frame")} accepted${capped}` };
}
