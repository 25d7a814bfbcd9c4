import type { DesiredMirror } from "../model/desired";
import type { BridgeFacts, Facts, MirrorFacts } from "../ovs/facts";
import type { Mutation, Operation } from "../ovs/operations";
import { namedUuid, set, uuid } from "../ovs/values";
import type { Change } from "./change";
import { referenceTo } from "./membership";
import { isOurs, MARKED, remark } from "./ours";

type Column = "select_src_port" | "select_dst_port";

/** Members are added and taken one by one, so that an edit of another's in between is not undone. */
function memberEdits(column: Column, wanted: readonly string[], present: readonly string[]): Mutation[] {
  const [asked, there] = [new Set(wanted), new Set(present)];
  const add = wanted.filter((port) => !there.has(port)).map(uuid);
  const take = present.filter((port) => !asked.has(port)).map(uuid);
  return [
    ...(take.length > 0 ? [[column, "delete", set(take)] as Mutation] : []),
    ...(add.length > 0 ? [[column, "insert", set(add)] as Mutation] : []),
  ];
}

function alterations(wanted: DesiredMirror, mirror: MirrorFacts, output: string | undefined): Operation[] {
  const where: Operation & { op: "mutate" } = {
    op: "mutate",
    table: "Mirror",
    where: [["_uuid", "==", uuid(mirror.uuid)]],
    mutations: [
      ...memberEdits("select_src_port", wanted.selectSrcPort, mirror.selectSrcPort),
      ...memberEdits("select_dst_port", wanted.selectDstPort, mirror.selectDstPort),
    ],
  };
  const operations: Operation[] = [
    ...(where.mutations.length > 0 ? [where] : []),
    ...remark("Mirror", mirror),
  ];
  const astray =
    mirror.selectAll ||
    mirror.selectVlan.length > 0 ||
    mirror.outputVlan !== undefined ||
    mirror.snaplen !== undefined ||
    mirror.outputPort !== output ||
    output === undefined;
  if (astray) {
    operations.push({
      op: "update",
      table: "Mirror",
      where: [["_uuid", "==", uuid(mirror.uuid)]],
      row: {
        select_all: false,
        select_vlan: set([]),
        output_vlan: set([]),
        snaplen: set([]),
        output_port: output === undefined ? referenceTo("port", wanted.output) : uuid(output),
      },
    });
  }
  return operations;
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

/** What is to be done so that Mirrors of ours are as desired, and none besides. `names`: those that are ours by name. */
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
      if (mirror === undefined || !isOurs(mirror, names)) continue;
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
      const operations = alterations(want, mirror, portOn(bridge, facts, want.output));
      if (operations.length > 0)
        changes.push({
          what: `altered mirror ${mirror.name} on ${bridge.name}`,
          about: { mirror: mirror.name },
          owners: want.owners,
          operations,
        });
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
