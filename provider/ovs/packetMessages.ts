import type { Action } from "../model/desired";
import { numbers, property } from "./bytes";
import { encodeActions } from "./encodeRule";
import { NICIRA } from "./oxm";
import { encodeConfig } from "./switchConfig";
import { type Request, TYPE } from "./switchMessages";

/** Message types of Open vSwitch's own (include/openflow/nicira-ext.h and lib/ofp-msgs.h, `enum nicira_type`). */
const OWN = { setPacketInFormat: 16, setControllerId: 20, packetIn: 30 } as const;
/** The format with properties (NXPIF_NXT_PACKET_IN2): all metadata, and userdata. */
const WITH_PROPERTIES = 2;
/** Properties of a packet-in (enum nx_packet_in2_prop_type). */
const PROPERTY = { packet: 0, metadata: 6, userdata: 7 } as const;
/** Messages that a connection with the role master or equal receives unasked (enum ofp_async_config_prop_type). */
const ASYNC = { packetIn: 1, portStatus: 3, flowRemoved: 5 } as const;
/**
 * Reasons for packet-ins: an action in a rule, an action set, a group, a packet-out (enum ofp_packet_in_reason); not
 * table misses.
 */
const BY_ACTION = 0b11_1010;
/** Any value except 0 lets a bridge send packet-ins to a connection on its management socket. */
const MISS_SEND_LENGTH = 0xffff;
const NO_BUFFER = 0xffff_ffff;
/** Classes of metadata fields: OpenFlow's own, the two of Open vSwitch, and the experimenters'. */
const OXM_BASIC = 0x8000;
const NXM = { basic: 0, own: 1 } as const;
const IN_PORT = 0;
const OXM_TUNNEL_ID = 38;
const NXM_TUNNEL_ID = 16;
const REGISTERS = 16;

/** A frame that a bridge sends as if it had arrived on a port. */
export interface PacketOut {
  /** Number of the port. */
  inPort: number;
  actions: readonly Action<number>[];
  frame: Buffer;
}

/** The output port that passes a packet-out through the bridge's tables from the first one (OFPP_TABLE). */
export const TABLES = 0xffff_fff9;

/** A frame that a rule sent to this connection. */
export interface PacketIn {
  /** Number of the port on which it arrived. */
  inPort: number;
  /** Key of the tunnel through which it arrived; absent if that is 0. */
  tunnelId: bigint | undefined;
  /** Registers that are not 0, by number. */
  registers: ReadonlyMap<number, number>;
  /** The data that the rule attached to it. */
  userdata: Buffer;
  frame: Buffer;
}

function own(subtype: number, body: Buffer): Request {
  return { type: TYPE.experimenter, body: Buffer.concat([numbers([4, NICIRA], [4, subtype]), body]) };
}

/**
 * Requests the packet-ins that actions send to an id, and no other unasked messages. `flags`: the bridge's own
 * settings, unchanged. They say how it handles fragments and are part of the same message, but they are not this
 * connection's to change.
 */
export function receivePackets(controllerId: number, flags: number): Request[] {
  const reasons = [
    [ASYNC.packetIn, BY_ACTION],
    [ASYNC.portStatus, 0],
    [ASYNC.flowRemoved, 0],
  ] as const;
  const properties = reasons.map(([type, bits]) => property(type, numbers([4, bits])));
  return [
    own(OWN.setPacketInFormat, numbers([4, WITH_PROPERTIES])),
    own(OWN.setControllerId, numbers([4, 0], [2, 0], [2, controllerId])),
    { type: TYPE.setAsync, body: Buffer.concat(properties) },
    { type: TYPE.setConfig, body: encodeConfig({ flags, missSendLength: MISS_SEND_LENGTH }) },
  ];
}

/** A packet-out (struct ofp_packet_out). */
export function packetOut({ inPort, actions, frame }: PacketOut): Request {
  const list = encodeActions(actions);
  const head = numbers([4, NO_BUFFER], [4, inPort], [2, list.length], [4, 0], [2, 0]);
  return { type: TYPE.packetOut, body: Buffer.concat([head, list, frame]) };
}

/** The properties in a list, each with its type and length, without its padding to eight bytes. */
function* propertiesOf(body: Buffer): Generator<[type: number, value: Buffer]> {
  for (let at = 0; at < body.length; ) {
    const length = body.readUInt16BE(at + 2);
    if (length < 4 || at + length > body.length) throw new RangeError(`a property of ${length} bytes`);
    yield [body.readUInt16BE(at), body.subarray(at + 4, at + length)];
    at += length + (-length & 7);
  }
}

/** Reads a frame's metadata: ports, tunnel and registers; other fields are skipped. */
function readMetadata(fields: Buffer): Pick<PacketIn, "tunnelId" | "registers"> & { inPort?: number } {
  const registers = new Map<number, number>();
  let tunnelId: bigint | undefined;
  let inPort: number | undefined;
  for (let at = 0; at < fields.length; ) {
    const length = fields.readUInt8(at + 3);
    const value = fields.subarray(at + 4, at + 4 + length);
    if (value.length < length) throw new RangeError(`a field of ${length} bytes`);
    const [oxmClass, number] = [fields.readUInt16BE(at), fields.readUInt8(at + 2) >> 1];
    if (oxmClass === OXM_BASIC && number === IN_PORT) inPort = value.readUInt32BE(0);
    else if (oxmClass === NXM.basic && number === IN_PORT) inPort = value.readUInt16BE(0);
    else if (oxmClass === OXM_BASIC && number === OXM_TUNNEL_ID) tunnelId = value.readBigUInt64BE(0);
    else if (oxmClass === NXM.own && number === NXM_TUNNEL_ID) tunnelId = value.readBigUInt64BE(0);
    else if (oxmClass === NXM.own && number < REGISTERS) registers.set(number, value.readUInt32BE(0));
    at += 4 + length;
  }
  return { tunnelId, registers, ...(inPort === undefined ? {} : { inPort }) };
}

/**
 * Parses the body of an experimenter message; undefined if it is not a packet-in. The frame is a copy, so that the
 * message around it can be freed. Throws a RangeError if the message is not Open vSwitch's.
 */
export function readPacketIn(body: Buffer): PacketIn | undefined {
  if (body.readUInt32BE(0) !== NICIRA || body.readUInt32BE(4) !== OWN.packetIn) return undefined;
  let frame: Buffer | undefined;
  let userdata = Buffer.alloc(0);
  let metadata: ReturnType<typeof readMetadata> = { tunnelId: undefined, registers: new Map() };
  for (const [type, value] of propertiesOf(body.subarray(8))) {
    if (type === PROPERTY.packet) frame = Buffer.from(value);
    else if (type === PROPERTY.userdata) userdata = Buffer.from(value);
    else if (type === PROPERTY.metadata) metadata = readMetadata(value);
  }
  if (frame === undefined || metadata.inPort === undefined)
    throw new RangeError("a packet-in without a frame");
  return { ...metadata, inPort: metadata.inPort, userdata, frame };
}
