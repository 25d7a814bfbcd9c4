import type { Place } from "./place.js";

/** The words that start the packet agent at a place. Debian's minimal Python has all that the agent imports. */
export function agentCommand(
  place: Place,
  mode: "capture" | "send" | "stream",
  ...words: string[]
): string[] {
  return [...place.enter, "/usr/bin/python3", "-I", "-S", place.agent, mode, place.interface, ...words];
}

/**
 * Sends and captures raw Ethernet frames on one interface, byte for byte. Arguments: mode, interface and the mode's own.
 *
 * - `capture <interface> in|both`: writes a byte `R` when it listens, then for each frame length (u32), packet type (u8; 4 is
 *   outgoing), time in ns (u64) and the frame. At the end of its input it drains what has arrived and writes length 0xffffffff
 *   and the count of frames the kernel dropped for want of room (u32).
 * - `send <interface>`: reads length (u32) and frame; a length of 0 asks for an acknowledging byte.
 * - `stream <interface> <frames per second> <count> <offset>`: reads one frame as above, sends it `count` times (until the end of its
 *   input if 0) with a sequence number (u32, from 0) at `offset`, and writes how many it sent (u32).
 *
 * The kernel moves the outer VLAN tag of a received frame out of it; PACKET_AUXDATA tells what it was.
 */
export const PACKET_AGENT = `
import os, select, socket, struct, sys, time

SOL_PACKET, PACKET_STATISTICS, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 6, 8, 23
SO_RCVBUFFORCE, SO_SNDBUFFORCE = 33, 32
VLAN_VALID, TPID_VALID = 0x10, 0x40

def packet_socket(interface, protocol):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
    s.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 1 << 22)
    s.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    s.bind((interface, protocol))
    return s

def read_exactly(size):
    data = b""
    while len(data) < size:
        more = os.read(0, size - len(data))
        if not more:
            sys.exit(0)
        data += more
    return data

def write(data):
    view = memoryview(data)
    while view:
        view = view[os.write(1, view):]

def transmit(s, frame):
    while True:
        try:
            s.send(frame)
            return
        except OSError as error:
            if error.errno != 105: # ENOBUFS: the queue is full for a moment
                raise
            time.sleep(0.0005)

def capture(interface, directions):
    s = packet_socket(interface, 3)
    if directions == "in":
        s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    s.setblocking(False)
    write(b"R")
    ended = False
    while True:
        if not ended:
            ready = select.select([s, 0], [], [])[0]
            if 0 in ready and not os.read(0, 4096):
                ended = True
        out = bytearray()
        for _ in range(256):
            try:
                frame, ancillary, flags, address = s.recvmsg(1 << 18, 256)
            except BlockingIOError:
                break
            for level, kind, value in ancillary:
                if level == SOL_PACKET and kind == PACKET_AUXDATA:
                    status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", value[:20])
                    if status & VLAN_VALID:
                        tag = struct.pack("!HH", tpid if status & TPID_VALID else 0x8100, tci)
                        frame = frame[:12] + tag + frame[12:]
            out += struct.pack("!IBQ", len(frame), address[2], time.time_ns()) + frame
        if out:
            write(out)
        elif ended:
            break
    drops = struct.unpack("II", s.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
    write(struct.pack("!II", 0xffffffff, drops))

def send(interface):
    s = packet_socket(interface, 0)
    while True:
        size, = struct.unpack("!I", read_exactly(4))
        if size:
            transmit(s, read_exactly(size))
        else:
            write(b"A")

def stream(interface, rate, count, offset):
    s = packet_socket(interface, 0)
    frame = bytearray(read_exactly(struct.unpack("!I", read_exactly(4))[0]))
    write(b"R")
    start, sent = time.monotonic(), 0
    while count == 0 or sent < count:
        delay = start + sent / rate - time.monotonic()
        if select.select([0], [], [], max(0, delay))[0] and not os.read(0, 4096):
            break
        struct.pack_into("!I", frame, offset, sent)
        transmit(s, frame)
        sent += 1
    write(struct.pack("!I", sent))

mode, interface = sys.argv[1:3]
if mode == "capture":
    capture(interface, sys.argv[3])
elif mode == "send":
    send(interface)
else:
    stream(interface, float(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
`;
