import { filterPort } from "../model/gate";
import { type Group, groupNames } from "../model/groups";
import { pieceCookie } from "../model/identity";
import type { Flow } from "../ovs/openflow";

/** The rules of a tap bridge that count what capture groups do with frames. */
export class GroupRules {
  private readonly byCookie = new Map<bigint, Flow[]>();

  /** `numbers`: OpenFlow port numbers of the tap bridge, by interface name. */
  constructor(
    flows: readonly Flow[],
    private readonly numbers: ReadonlyMap<string, number>,
  ) {
    for (const flow of flows) {
      const known = this.byCookie.get(flow.cookie);
      if (known === undefined) this.byCookie.set(flow.cookie, [flow]);
      else known.push(flow);
    }
  }

  /** The rules that count each captured frame once. */
  captured(group: Group): Flow[] {
    return this.from(groupNames(group).tap, 0, group);
  }

  /** The rules of a table by which the group's filter decides. */
  deciding(group: Group, table: number): Flow[] {
    return this.from(filterPort(group), table, group);
  }

  /** The rules that count each frame that the filter has accepted, before a meter drops it. */
  accepted(group: Group): Flow[] {
    return this.from(filterPort(group), 2, group);
  }

  /** A group's rules for one of its ports: the rules of a gate before the filter are for another one. */
  private from(port: string, table: number, { hash }: Group): Flow[] {
    const own = this.byCookie.get(pieceCookie(hash)) ?? [];
    const field = `in_port=${this.numbers.get(port)}`;
    return own.filter((flow) => flow.table === table && flow.match.split(",").includes(field));
  }
}
