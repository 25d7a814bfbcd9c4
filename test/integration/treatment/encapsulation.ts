/** A frame as a tunnel carries it, and what its headers say. */
export interface Encapsulated {
  kind: "gre" | "erspan1" | "erspan2" | "vxlan" | "geneve";
  /** Outer addresses as OVS and ip write them. */
  from: string;
  to: string;
  /** Outer IPv4's don't-fragment bit; IPv6 has none. */
  dontFragment?: boolean;
  /** GRE key, VNI or ERSPAN session. */
  key: number;
  /** What ERSPAN type III tells. */
  direction?: "ingress" | "egress";
  /** Of ERSPAN. */
  sequence?: number;
  frame: Buffer;
}

const [UDP, GRE] = [17, 47];
const [TRANSPARENT_BRIDGING, ERSPAN_II, ERSPAN_III] = [0x6558, 0x88be, 0x22eb];
const KINDS: Record<number, "vxlan" | "geneve"> = { 4789: "vxlan", 14789: "vxlan", 6081: "geneve" };

interface Outer {
  from: string;
  to: string;
  protocol: number;
  payload: Buffer;
  dontFragment?: boolean;
}

function six(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return groups.join(":").replace(/(^|:)0(:0)+(:|$)/, "::");
}

function outer(packet: Buffer): Outer | undefined {
  const etherType = packet.readUInt16BE(12);
  const ip = packet.subarray(14);
  if (etherType === 0x0800) {
    return {
      from: ip.subarray(12, 16).join("."),
      to: ip.subarray(16, 20).join("."),
      protocol: ip.readUInt8(9),
      dontFragment: (ip.readUInt8(6) & 0x40) !== 0,
      payload: ip.subarray(20, ip.readUInt16BE(2)),
    };
  }
  if (etherType !== 0x86dd) return undefined;
  const payload = ip.subarray(40, 40 + ip.readUInt16BE(4));
  return { from: six(ip.subarray(8, 24)), to: six(ip.subarray(24, 40)), protocol: ip.readUInt8(6), payload };
}

/** GRE with a key (RFC 2890), and ERSPAN types II and III (draft-foschiano-erspan-03), which have a sequence number there. */
function readGre(bytes: Buffer): Omit<Encapsulated, "from" | "to"> | undefined {
  const [flags, protocol, word] = [bytes.readUInt16BE(0), bytes.readUInt16BE(2), bytes.readUInt32BE(4)];
  if (protocol === TRANSPARENT_BRIDGING && flags === 0x2000) {
    return { kind: "gre", key: word, frame: bytes.subarray(8) };
  }
  if (flags !== 0x1000) return undefined;
  const session = bytes.readUInt16BE(10) & 0x3ff;
  const version = bytes.readUInt8(8) >> 4;
  if (protocol === ERSPAN_II && version === 1) {
    return { kind: "erspan1", key: session, sequence: word, frame: bytes.subarray(16) };
  }
  if (protocol !== ERSPAN_III || version !== 2) return undefined;
  const direction = (bytes.readUInt8(19) & 8) === 0 ? "ingress" : "egress";
  return { kind: "erspan2", key: session, sequence: word, direction, frame: bytes.subarray(20) };
}

/** VXLAN (RFC 7348) and Geneve without options (RFC 8926). */
function readUdp(datagram: Buffer, ports: Record<number, "vxlan" | "geneve">) {
  const kind = ports[datagram.readUInt16BE(2)];
  if (kind === undefined) return undefined;
  const [header, frame] = [datagram.subarray(8, 16), datagram.subarray(16)];
  const valid = kind === "vxlan" ? header[0] === 8 : header.readUInt32BE(0) === TRANSPARENT_BRIDGING;
  return valid ? { kind, key: header.readUIntBE(4, 3), frame } : undefined;
}

/** Reads a packet of the underlay; undefined when it is none of a tunnel. `ports`: UDP ports besides the usual ones. */
export function decapsulate(
  packet: Buffer,
  ports: Record<number, "vxlan" | "geneve"> = {},
): Encapsulated | undefined {
  const header = outer(packet);
  if (header === undefined) return undefined;
  const { protocol, payload, ...ends } = header;
  if (protocol !== GRE && protocol !== UDP) return undefined;
  const inner = protocol === GRE ? readGre(payload) : readUdp(payload, { ...KINDS, ...ports });
  return inner === undefined ? undefined : { ...ends, ...inner };
}

/** All that packets of the underlay carry in tunnels. */
export function decapsulateAll(
  packets: readonly Buffer[],
  ports: Record<number, "vxlan" | "geneve"> = {},
): Encapsulated[] {
  return packets.flatMap((packet) => decapsulate(packet, ports) ?? []);
}
