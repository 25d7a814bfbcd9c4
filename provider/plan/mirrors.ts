import type { DesiredMirror } from "../model/desired";
import type { BridgeFacts, Facts, MirrorFacts } from "../ovs/facts";
import type { Mutation, Operation } from "../ovs/operations";
import { namedUuid, set, uuid } from "../ovs/values";
import type { Change } from "./change";
import { referenceTo } from "./membership";
import { isOurMirror, MARKED, remark } from "./ours";

type Column = "select_src_port" | "select_dst_port";

/** Members are added and removed one by one, so that a concurrent edit by another writer is not undone. */
function memberEdits(column: Column, wanted: readonly string[], present: readonly string[]): Mutation[] {
  const [asked, there] = [new Set(wanted), new Set(present)];
  const add = wanted.filter((port) => !there.has(port)).map(uuid);
  const take = present.filter((port) => !asked.has(port)).map(uuid);
  return [
    ...(take.length > 0 ? [[column, "delete", set(take)] as Mutation] : []),
    ...(add.length > 0 ? [[column, "insert", set(add)] as Mutation] : []),
  ];
}

/** A difference of a Mirror in words, with the owners of the claims it concerns. */
type Told = Pick<Change, "what" | "owners">;

/**
 * The ports to be added to or removed from a Mirror, if nothing else differs and its ports are selected. They are
 * listed by name, because the program does not name them.
 */
function memberTexts(wanted: DesiredMirror, mirror: MirrorFacts, facts: Facts): Told[] {
  if (!wanted.sources.some((source) => "selector" in source)) return [];
  const [egress, ingress] = [new Set(mirror.selectSrcPort), new Set(mirror.selectDstPort)];
  const asked = new Set([...wanted.selectSrcPort, ...wanted.selectDstPort]);
  const missing = new Set([
    ...wanted.selectSrcPort.filter((port) => !egress.has(port)),
    ...wanted.selectDstPort.filter((port) => !ingress.has(port)),
  ]);
  const unasked = new Set([...egress, ...ingress].filter((port) => !asked.has(port)));
  const name = (port: string) => facts.ports[port]?.name ?? port;
  return [
    ...[...missing].map((port) => {
      const owners = wanted.selected.get(port);
      const what = owners === undefined ? "is not tapped" : "matches and is not tapped";
      return { what: `port ${name(port)} ${what}`, owners: owners ?? wanted.owners };
    }),
    ...[...unasked].map((port) => ({
      what: `port ${name(port)} is tapped and does not match`,
      owners: wanted.owners,
    })),
  ];
}

/**
 * An altered Mirror as a change. If it is described in several lines, the operations of the first repair everything.
 */
function alteredMirror(
  wanted: DesiredMirror,
  mirror: MirrorFacts,
  bridge: BridgeFacts,
  facts: Facts,
): Change[] {
  const { members, others } = alterations(wanted, mirror, portOn(bridge, facts, wanted.output));
  const operations = [...members, ...others];
  if (operations.length === 0) return [];
  const texts = others.length > 0 ? [] : memberTexts(wanted, mirror, facts);
  const about = { mirror: mirror.name };
  const what = `altered mirror ${mirror.name} on ${bridge.name}`;
  if (texts.length === 0) return [{ what, about, owners: wanted.owners, operations }];
  return texts.map((told, index) => ({ ...told, about, operations: index === 0 ? operations : [] }));
}

function alterations(
  wanted: DesiredMirror,
  mirror: MirrorFacts,
  output: string | undefined,
): { members: Operation[]; others: Operation[] } {
  const where: Operation & { op: "mutate" } = {
    op: "mutate",
    table: "Mirror",
    where: [["_uuid", "==", uuid(mirror.uuid)]],
    mutations: [
      ...memberEdits("select_src_port", wanted.selectSrcPort, mirror.selectSrcPort),
      ...memberEdits("select_dst_port", wanted.selectDstPort, mirror.selectDstPort),
    ],
  };
  const members = where.mutations.length > 0 ? [where] : [];
  const others = remark("Mirror", mirror);
  const astray =
    mirror.selectAll ||
    mirror.selectVlan.length > 0 ||
    mirror.outputVlan !== undefined ||
    mirror.snaplen !== undefined ||
    mirror.filter !== undefined ||
    mirror.outputPort !== output ||
    output === undefined;
  if (astray) {
    others.push({
      op: "update",
      table: "Mirror",
      where: [["_uuid", "==", uuid(mirror.uuid)]],
      row: {
        select_all: false,
        select_vlan: set([]),
        output_vlan: set([]),
        snaplen: set([]),
        // Open vSwitch before 3.4 does not have the column.
        ...(mirror.filter === undefined ? {} : { filter: set([]) }),
        output_port: output === undefined ? referenceTo("port", wanted.output) : uuid(output),
      },
    });
  }
  return { members, others };
}

function portOn(bridge: BridgeFacts, facts: Facts, name: string): string | undefined {
  return bridge.ports.find((id) => facts.ports[id]?.name === name);
}

function remove(bridge: string, mirror: string): Operation {
  return {
    op: "mutate",
    table: "Bridge",
    where: [["_uuid", "==", uuid(bridge)]],
    mutations: [["mirrors", "delete", set([uuid(mirror)])]],
  };
}

function insert(wanted: DesiredMirror, bridge: BridgeFacts, output: string | undefined): Operation[] {
  const name = `mirror_${wanted.name.replaceAll("-", "_")}`;
  return [
    {
      op: "insert",
      table: "Mirror",
      "uuid-name": name,
      row: {
        name: wanted.name,
        select_src_port: set(wanted.selectSrcPort.map(uuid)),
        select_dst_port: set(wanted.selectDstPort.map(uuid)),
        output_port: output === undefined ? referenceTo("port", wanted.output) : uuid(output),
        external_ids: MARKED,
      },
    },
    {
      op: "mutate",
      table: "Bridge",
      where: [["_uuid", "==", uuid(bridge.uuid)]],
      mutations: [["mirrors", "insert", set([namedUuid(name)])]],
    },
  ];
}

/** The changes that make our Mirrors the desired ones, with no others. `names`: the Mirrors that are ours by name. */
export function planMirrors(
  desired: readonly DesiredMirror[],
  facts: Facts,
  names: ReadonlySet<string>,
): Change[] {
  const changes: Change[] = [];
  for (const bridge of facts.bridges) {
    const wanted = new Map(
      desired.filter((mirror) => mirror.bridge === bridge.name).map((mirror) => [mirror.name, mirror]),
    );
    for (const id of bridge.mirrors) {
      const mirror = facts.mirrors[id];
      if (mirror === undefined || !isOurMirror(mirror, facts, names)) continue;
      const want = wanted.get(mirror.name);
      wanted.delete(mirror.name);
      if (want === undefined) {
        changes.push({
          what: `unexpected mirror ${mirror.name} on ${bridge.name}`,
          about: { mirror: mirror.name },
          owners: [],
          operations: [remove(bridge.uuid, id)],
        });
        continue;
      }
      changes.push(...alteredMirror(want, mirror, bridge, facts));
    }
    for (const want of wanted.values()) {
      changes.push({
        what: `missing mirror ${want.name} on ${bridge.name}`,
        about: { mirror: want.name },
        owners: want.owners,
        operations: insert(want, bridge, portOn(bridge, facts, want.output)),
      });
    }
  }
  return changes;
}
