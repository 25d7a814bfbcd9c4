import type { InterfaceFacts, PortFacts } from "../../../provider/ovs/facts";
import type { Evidence } from "../../../provider/verify/evidence";
import type { ProbeResult } from "../../../provider/verify/probe";
import { rowId } from "../model/observed";
import { twoHosts } from "./twoHosts";

/** The end at the monitor, where its host is reached. */
export type There = Extract<Evidence["destination"], { end: unknown }>;

/** A probe that arrived as it should. */
export const ARRIVED: ProbeResult = { outcome: "arrived", tunnelId: 7, milliseconds: 1 };

/** What is special about a case; all else is of a sound tap whose port sent 40 frames, of which 10 were accepted. */
export interface Case {
  treatment?: object;
  special?: Record<string, Partial<InterfaceFacts>>;
  ports?: { egress: number; ingress: number };
  group?: { captured: number; accepted: number; dropped: number };
  probe?: ProbeResult | "none";
  change?: (evidence: Evidence) => Partial<Evidence>;
}

/** The evidence of a case. */
export function evidenceOf({
  treatment = {},
  special = {},
  ports,
  group,
  probe = ARRIVED,
  change,
}: Case): Evidence {
  const { source, destination } = twoHosts(treatment, special);
  const evidence: Evidence = {
    source: { end: source, host: "host1", dead: undefined },
    destination: { end: destination, host: "host2", dead: undefined },
    faults: [],
    counted: {
      groups: new Map(
        source.groups.map(({ hash }) => [hash, group ?? { captured: 40, accepted: 10, dropped: 0 }]),
      ),
      ports: new Map([[rowId("Interface", "web"), ports ?? { egress: 40, ingress: 0 }]]),
    },
    seconds: 2,
    probe: probe === "none" ? undefined : probe,
  };
  return { ...evidence, ...change?.(evidence) };
}

/** The same, with tapped ports whose rows say something else. */
export function withPort(row: Partial<PortFacts>): NonNullable<Case["change"]> {
  return ({ source }) => {
    const groups = source.end.groups.map((group) => ({
      ...group,
      members: group.members.map(({ flow, ports }) => ({
        flow,
        ports: ports.map((found) => ({ ...found, port: { ...found.port, ...row } })),
      })),
    }));
    return { source: { ...source, end: { ...source.end, groups } } };
  };
}
