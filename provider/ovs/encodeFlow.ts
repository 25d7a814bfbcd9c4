import { encodeAssignment, encodeMatch, matchFieldsOf, NICIRA, registerHeader } from "./oxm";

/** A rule as OpenFlow 1.4 has it. */
export interface WireFlow {
  table: number;
  priority: number;
  cookie: bigint;
  /** Its fields as OXM, without header and padding. */
  match: Buffer;
  instructions: Buffer;
}

/** Kinds of action (enum ofp_action_type), and Open vSwitch's own among experimenters (enum nx_action_subtype). */
const ACTION = { output: 0, popVlan: 18, setField: 25, experimenter: 0xffff } as const;
const OWN = { bundle: 12, bundleLoad: 13, exit: 17, outputTruncated: 39, clone: 42 } as const;
/** Kinds of instruction (enum ofp_instruction_type). */
const INSTRUCTION = { gotoTable: 1, applyActions: 4 } as const;

/** The rules of `bundle` (enum nx_bd_algorithm, enum nx_hash_fields). */
const ALGORITHMS: Record<string, number> = { active_backup: 0, hrw: 1 };
const HASHES: Record<string, number> = { eth_src: 0, "symmetric_l3l4+udp": 3 };
/** `NXM_OF_IN_PORT`: members of a bundle are ports. */
const MEMBER_KIND = 2;
/** All 32 bits of a register from its first (`ofs_nbits`). */
const WHOLE_REGISTER = 31;

function fail(what: string): never {
  throw new RangeError(`cannot be encoded: ${what}`);
}

/** A length's next multiple of eight, which OpenFlow's structures end at. */
export function padded(...parts: readonly Buffer[]): Buffer {
  const whole = Buffer.concat(parts);
  return Buffer.concat([whole, Buffer.alloc(-whole.length & 7)]);
}

function action(type: number, body: Buffer): Buffer {
  const whole = padded(Buffer.alloc(4), body);
  whole.writeUInt16BE(type, 0);
  whole.writeUInt16BE(whole.length, 2);
  return whole;
}

function ownAction(subtype: number, body: Buffer): Buffer {
  const head = Buffer.alloc(6);
  head.writeUInt32BE(NICIRA, 0);
  head.writeUInt16BE(subtype, 4);
  return action(ACTION.experimenter, Buffer.concat([head, body]));
}

function numbers(...fields: readonly [bytes: 2 | 4, value: number][]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntBE(value, 0, bytes);
      return field;
    }),
  );
}

/** `bundle(fields,basis,algorithm,ofport,members:...)` and `bundle_load`, which has a register before the members (struct nx_action_bundle). */
function bundle(text: string): Buffer {
  const parts =
    /^bundle(_load)?\(([^,]+),(\d+),([^,]+),ofport,(?:NXM_NX_REG(\d)\[\],)?members:(\d+(?:,\d+)*)\)$/.exec(
      text,
    );
  if (parts === null) fail(text);
  const [, load, hash, basis, algorithm, register, list] = parts;
  const [kind, method] = [HASHES[hash!] ?? fail(text), ALGORITHMS[algorithm!] ?? fail(text)];
  if ((load === undefined) !== (register === undefined)) fail(text);
  const members = list!.split(",").map(Number);
  const into = register === undefined ? undefined : registerHeader(`reg${register}`);
  return ownAction(
    into === undefined ? OWN.bundle : OWN.bundleLoad,
    numbers(
      [2, method],
      [2, kind],
      [2, Number(basis)],
      [4, MEMBER_KIND],
      [2, members.length],
      [2, into === undefined ? 0 : WHOLE_REGISTER],
      [4, into ?? 0],
      [4, 0],
      ...members.map((member): [2, number] => [2, member]),
    ),
  );
}

/** One action that is not a jump. */
function encodeAction(text: string): Buffer {
  const output = /^output:(\d+)$/.exec(text);
  if (output !== null) return action(ACTION.output, numbers([4, Number(output[1])], [2, 0], [4, 0], [2, 0]));
  const assignment = /^set_field:([^-]+)->(\w+)$/.exec(text);
  if (assignment !== null) {
    return action(ACTION.setField, encodeAssignment(assignment[2]!, assignment[1]!));
  }
  const cut = /^clone\(output\(port=(\d+),max_len=(\d+)\)\)$/.exec(text);
  if (cut !== null) {
    const inner = ownAction(OWN.outputTruncated, numbers([2, Number(cut[1])], [4, Number(cut[2])]));
    return ownAction(OWN.clone, Buffer.concat([Buffer.alloc(6), inner]));
  }
  if (text === "pop_vlan") return action(ACTION.popVlan, Buffer.alloc(4));
  if (text === "exit") return ownAction(OWN.exit, Buffer.alloc(6));
  return bundle(text);
}

/** Cuts at commas outside of parentheses. */
function actionsOf(text: string): string[] {
  return text === "drop" ? [] : text.split(/,(?![^(]*\))/);
}

function encodeInstructions(text: string): Buffer {
  const actions = actionsOf(text);
  const jump = /^goto_table:(\d+)$/.exec(actions.at(-1) ?? "");
  const applied = Buffer.concat((jump === null ? actions : actions.slice(0, -1)).map(encodeAction));
  const parts: Buffer[] = [];
  if (applied.length > 0) {
    const head = numbers([2, INSTRUCTION.applyActions], [2, 8 + applied.length], [4, 0]);
    parts.push(head, applied);
  }
  if (jump !== null) {
    const goto = numbers([2, INSTRUCTION.gotoTable], [2, 8], [4, 0]);
    goto.writeUInt8(Number(jump[1]), 4);
    parts.push(goto);
  }
  return Buffer.concat(parts);
}

/**
 * Encodes a line of a flow file as this package writes them (`cookie=...,table=...,priority=...,...,actions=...`). Throws a
 * RangeError for what it does not know: that is for ovs-ofctl then.
 */
export function encodeFlow(line: string): WireFlow {
  const [, cookie, table, priority, match, actions] =
    /^cookie=(0x[0-9a-f]+),table=(\d+),priority=(\d+)((?:,[^,]+)*),actions=(.+)$/.exec(line) ?? fail(line);
  return {
    cookie: BigInt(cookie!),
    table: Number(table),
    priority: Number(priority),
    match: encodeMatch(match!.split(",").slice(1)),
    instructions: encodeInstructions(actions!),
  };
}

/** A rule's place in a bridge as a text: a second rule with the same takes the place of the first. */
export function wirePlace({
  table,
  priority,
  match,
}: Pick<WireFlow, "table" | "priority" | "match">): string {
  const fields = matchFieldsOf(match).map((field) => field.toString("hex"));
  return `${table} ${priority} ${fields.sort().join(" ")}`;
}
