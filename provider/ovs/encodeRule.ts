import { type Action, type Choice, DRAW_BASIS, type Draw, type Rule } from "../model/desired";
import { type FieldMatch, is } from "../model/match";
import { memo } from "../model/memo";
import { numbers, padded, property } from "./bytes";
import { encodeField, encodeMatch, fieldHeader, matchFieldsOf, NICIRA } from "./oxm";

/** A rule as OpenFlow 1.4 encodes it. */
export interface WireFlow {
  table: number;
  priority: number;
  cookie: bigint;
  /** Seconds after which it expires; 0: never. */
  hardTimeout: number;
  /** Its fields as OXM, without header and padding. */
  match: Buffer;
  instructions: Buffer;
}

/**
 * Action types (enum ofp_action_type), and Open vSwitch's own among the experimenter actions (enum nx_action_subtype).
 */
const ACTION = { output: 0, popVlan: 18, setField: 25, experimenter: 0xffff } as const;
const OWN = {
  ...{ multipath: 10, bundle: 12, bundleLoad: 13, exit: 17 },
  ...{ controller: 37, outputTruncated: 39, clone: 42 },
} as const;
/** Instruction types (enum ofp_instruction_type). */
const INSTRUCTION = { gotoTable: 1, applyActions: 4, meter: 6 } as const;

/**
 * The algorithm by which `bundle` chooses (enum nx_bd_algorithm), and the fields that it hashes (enum nx_hash_fields).
 */
const CHOICES: Record<Choice, { algorithm: number; fields: number }> = {
  hash: { algorithm: 1, fields: 3 },
  failover: { algorithm: 0, fields: 0 },
};
/** `NXM_OF_IN_PORT`: members of a bundle are ports. */
const MEMBER_KIND = 2;
/**
 * The fields that `multipath` hashes (enum nx_hash_fields), and the algorithm that maps the hash to a number (enum
 * nx_mp_algorithm).
 */
const DRAWS: Record<Draw, number> = { conversation: 3, addresses: 6 };
const MODULO = 0;
/** All 32 bits of a register from the first one (`ofs_nbits`). */
const WHOLE_REGISTER = 31;

function structure(type: number, body: Buffer): Buffer {
  const whole = padded(Buffer.alloc(4), body);
  whole.writeUInt16BE(type, 0);
  whole.writeUInt16BE(whole.length, 2);
  return whole;
}

function ownAction(subtype: number, body: Buffer): Buffer {
  return structure(ACTION.experimenter, Buffer.concat([numbers([4, NICIRA], [2, subtype]), body]));
}

type Bundle = Extract<Action<number>, { bundle: Choice }>;

/** Outputs to one of several ports; with a register, only stores the port's number in it (struct nx_action_bundle). */
function bundle({ bundle: choice, members, into }: Bundle): Buffer {
  const { algorithm, fields } = CHOICES[choice];
  return ownAction(
    into === undefined ? OWN.bundle : OWN.bundleLoad,
    numbers(
      [2, algorithm],
      [2, fields],
      [2, 0],
      [4, MEMBER_KIND],
      [2, members.length],
      [2, into === undefined ? 0 : WHOLE_REGISTER],
      [4, into === undefined ? 0 : fieldHeader(into)],
      [4, 0],
      ...members.map((member): [2, number] => [2, member]),
    ),
  );
}

/** Stores a number from 0, by a hash of the frame's fields (struct nx_action_multipath). */
function multipath({ draw, among, into }: Extract<Action<number>, { draw: Draw }>): Buffer {
  return ownAction(
    OWN.multipath,
    numbers(
      [2, DRAWS[draw]],
      [2, DRAW_BASIS],
      [2, 0],
      [2, MODULO],
      [2, among - 1],
      [4, 0],
      [2, 0],
      [2, WHOLE_REGISTER],
      [4, fieldHeader(into)],
    ),
  );
}

/** Outputs a frame, whole or truncated; see `actionText` for the clone. */
function output(port: number, maxLength: number | undefined): Buffer {
  if (maxLength === undefined) return structure(ACTION.output, numbers([4, port], [2, 0], [4, 0], [2, 0]));
  const inner = ownAction(OWN.outputTruncated, numbers([2, port], [4, maxLength]));
  return ownAction(OWN.clone, Buffer.concat([Buffer.alloc(6), inner]));
}

/** Properties of the controller action (enum nx_action_controller2_prop_type). */
const TOLD = { id: 1, userdata: 3 } as const;

/**
 * Sends a frame to the connection with an id (struct nx_action_controller2), encoded as by ovs-ofctl: properties with
 * default values are omitted.
 */
function controller({ controller: id, userdata }: Extract<Action<number>, { controller: number }>): Buffer {
  const bytes = Buffer.from(userdata, "hex");
  return ownAction(
    OWN.controller,
    Buffer.concat([
      Buffer.alloc(6),
      ...(id === 0 ? [] : [property(TOLD.id, numbers([2, id], [2, 0]))]),
      ...(bytes.length === 0 ? [] : [property(TOLD.userdata, bytes)]),
    ]),
  );
}

/** An action that is encoded as an instruction of its own. */
type Instruction = Extract<Action<number>, { goto: number } | { meter: number }>;

function encodeAction(action: Exclude<Action<number>, Instruction>): Buffer {
  if (action === "pop_vlan") return structure(ACTION.popVlan, Buffer.alloc(4));
  if (action === "exit") return ownAction(OWN.exit, Buffer.alloc(6));
  if ("set" in action) return structure(ACTION.setField, encodeField(is(action.set, action.value)));
  if ("bundle" in action) return bundle(action);
  if ("controller" in action) return controller(action);
  if ("draw" in action) return multipath(action);
  return output(action.output, action.maxLength);
}

function isInstruction(action: Action<number>): action is Instruction {
  return typeof action === "object" && ("goto" in action || "meter" in action);
}

function encodeInstruction(action: Instruction): Buffer {
  return "goto" in action
    ? structure(INSTRUCTION.gotoTable, numbers([1, action.goto]))
    : structure(INSTRUCTION.meter, numbers([4, action.meter]));
}

/** Actions for a packet-out, which are executed at once. Throws a RangeError for actions that only a rule can have. */
export function encodeActions(actions: readonly Action<number>[]): Buffer {
  return Buffer.concat(
    actions.map((action) => {
      if (isInstruction(action)) throw new RangeError("a packet-out can have neither a jump nor a meter");
      return encodeAction(action);
    }),
  );
}

/** A rule's actions as instructions, in the order in which a bridge reports them: the meter, the actions, the jump. */
function encodeInstructions(actions: readonly Action<number>[]): Buffer {
  const instructions = actions.filter(isInstruction);
  const own = (kind: "meter" | "goto") =>
    instructions.filter((action) => kind in action).map(encodeInstruction);
  const applied = actions.flatMap((action) => (isInstruction(action) ? [] : encodeAction(action)));
  const apply =
    applied.length === 0
      ? []
      : [structure(INSTRUCTION.applyActions, Buffer.concat([Buffer.alloc(4), ...applied]))];
  return Buffer.concat([...own("meter"), ...apply, ...own("goto")]);
}

/** The fields after `in_port`, as bytes. The same match occurs in every rendering. */
const furtherFields = memo((match: readonly FieldMatch[]) => encodeMatch(match));

/** Encodes a rule. Throws a RangeError if a value is too large for its field. */
export function encodeRule({
  table,
  priority,
  cookie,
  hardTimeout = 0,
  inPort,
  holds,
  match,
  actions,
}: Rule<number>): WireFlow {
  const arrival = inPort === undefined ? [] : [is("in_port", inPort)];
  const held = holds === undefined ? [] : [is(holds.register, holds.port)];
  return {
    table,
    priority,
    cookie,
    hardTimeout,
    match: Buffer.concat([encodeMatch([...arrival, ...held]), furtherFields(match)]),
    instructions: encodeInstructions(actions),
  };
}

/** A rule's identity in a bridge, as a text: a second rule with the same identity replaces the first. */
export function wirePlace({
  table,
  priority,
  match,
}: Pick<WireFlow, "table" | "priority" | "match">): string {
  const fields = matchFieldsOf(match).map((field) => field.toString("hex"));
  return `${table} ${priority} ${fields.sort().join(" ")}`;
}
