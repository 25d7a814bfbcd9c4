import { expect } from "chai";
import fc from "fast-check";
import { packetOut, readPacketIn } from "../../../provider/ovs/packetMessages";
import { SEED } from "../../seed";

/** A property of a packet-in, filled up to eight bytes. */
function property(type: number, value: Buffer, length = value.length + 4): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(length, 2);
  const whole = Buffer.concat([head, value]);
  return Buffer.concat([whole, Buffer.alloc(-whole.length & 7)]);
}

const HEAD = Buffer.from("000023200000001e", "hex");
/** in_port 5 and tunnel id 7 as OXM, an experimenter's field, registers 0 and 15. */
const FIELDS = Buffer.from(
  "8000000400000005 8000 4c 08 0000000000000007 ffff 0a 06 00002320 0101 00010004000000ff 00011e04deadbeef".replaceAll(
    " ",
    "",
  ),
  "hex",
);
const packetIn = (...properties: Buffer[]) => Buffer.concat([HEAD, ...properties]);

describe("a packet-in", () => {
  it("says the port, the tunnel id, the registers, the userdata and the frame", () => {
    const body = packetIn(
      property(0, Buffer.from("frame")),
      property(4, Buffer.alloc(8)),
      property(6, FIELDS),
      property(7, Buffer.from("c0ffee", "hex")),
    );
    const packet = readPacketIn(body)!;
    body.fill(0);
    expect(packet).to.deep.equal({
      inPort: 5,
      tunnelId: 7n,
      registers: new Map([
        [0, 0xff],
        [15, 0xdeadbeef],
      ]),
      userdata: Buffer.from("c0ffee", "hex"),
      frame: Buffer.from("frame"),
    });
  });

  it("is undefined if the message is of another type", () => {
    expect(readPacketIn(Buffer.from("0000232000000011", "hex"))).to.equal(undefined);
    expect(readPacketIn(Buffer.from("4f4e46000000001e", "hex"))).to.equal(undefined);
  });

  const wrong: [string, Buffer][] = [
    ["nothing in it", HEAD],
    ["half a head", HEAD.subarray(0, 5)],
    ["no frame", packetIn(property(6, FIELDS))],
    ["no port", packetIn(property(0, Buffer.from("frame")))],
    ["a property without a length", packetIn(property(0, Buffer.from("frame"), 0))],
    ["a property longer than the message", packetIn(property(0, Buffer.from("frame"), 60))],
    [
      "a field longer than the property",
      packetIn(property(0, Buffer.alloc(9)), property(6, FIELDS.subarray(0, 7))),
    ],
    [
      "a register of one byte",
      packetIn(property(0, Buffer.alloc(9)), property(6, Buffer.from("0001000100", "hex"))),
    ],
  ];
  for (const [what, body] of wrong) {
    it(`is refused with ${what}`, () => expect(() => readPacketIn(body)).to.throw(RangeError));
  }

  it("is only ever parsed or refused, whatever its bytes are", () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((tail) => Buffer.concat([HEAD, tail]));
    const mutated = fc.tuple(fc.nat(120), fc.nat(255)).map(([at, value]) => {
      const body = packetIn(property(0, Buffer.alloc(20)), property(6, FIELDS), property(7, Buffer.alloc(3)));
      body[at % body.length] = value;
      return body;
    });
    fc.assert(
      fc.property(fc.oneof(bytes, mutated), (body) => {
        try {
          readPacketIn(body);
        } catch (error) {
          expect(error).to.be.instanceOf(RangeError);
        }
      }),
      { seed: SEED },
    );
  });
});

describe("a packet-out", () => {
  it("has no jump and no meter", () => {
    for (const action of [{ goto: 2 }, { meter: 1 }])
      expect(() => packetOut({ inPort: 1, actions: [action], frame: Buffer.alloc(14) })).to.throw(RangeError);
  });
});
