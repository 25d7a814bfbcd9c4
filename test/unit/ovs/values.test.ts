import { expect } from "chai";
import fc from "fast-check";
import { TaasError } from "../../../provider/errors";
import {
  decodeBoolean,
  decodeInteger,
  decodeMap,
  decodeOptional,
  decodeSet,
  decodeString,
  decodeUuid,
  map,
  namedUuid,
  set,
  uuid,
} from "../../../provider/ovs/values";

const ID = "0b9c1a34-0000-4000-8000-00000000000a";
const encoded = (value: unknown) => ({ value, column: "Bridge.name", host: "compute-1" });
/** What a host's bytes become on their way through JSON. */
const sent = (value: unknown) => encoded(JSON.parse(JSON.stringify(value)));

describe("OVSDB values", () => {
  it("are decoded as they were encoded", () => {
    const strings = fc.dictionary(fc.string({ unit: "binary" }), fc.string());
    fc.assert(
      fc.property(strings, (entries) => {
        expect(decodeMap(sent(map(entries)))).to.deep.equal({ ...entries });
      }),
    );
    const numbers = fc.uniqueArray(fc.maxSafeInteger());
    fc.assert(
      fc.property(numbers, (members) => {
        expect(decodeSet(sent(set(members)), decodeInteger)).to.deep.equal(members.sort((a, b) => a - b));
      }),
    );
    const ids = fc.uniqueArray(fc.uuid());
    fc.assert(
      fc.property(ids, (members) => {
        expect(decodeSet(sent(set(members.map(uuid))), decodeUuid)).to.deep.equal(members.sort());
      }),
    );
  });

  it("write a set of one as its member, as ovsdb-server does", () => {
    expect(decodeSet(encoded(5), decodeInteger)).to.deep.equal([5]);
    expect(decodeSet(encoded(["uuid", ID]), decodeUuid)).to.deep.equal([ID]);
    expect(decodeOptional(encoded("secure"), decodeString)).to.equal("secure");
    expect(decodeOptional(encoded(["set", []]), decodeString)).to.equal(undefined);
  });

  it("keep a map's key that is special in JavaScript as the host's data", () => {
    const decoded = decodeMap(
      sent([
        "map",
        [
          ["__proto__", "a"],
          ["constructor", "b"],
        ],
      ]),
    );
    expect(Object.keys(decoded)).to.deep.equal(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(decoded)).to.equal(Object.prototype);
  });

  it("order a map's keys, so that the same map is the same text", () => {
    expect(JSON.stringify(map({ b: "1", a: "2" }))).to.equal(JSON.stringify(map({ a: "2", b: "1" })));
  });

  const decoders = {
    string: decodeString,
    integer: decodeInteger,
    boolean: decodeBoolean,
    uuid: decodeUuid,
    map: decodeMap,
    "set of integers": (value: ReturnType<typeof encoded>) => decodeSet(value, decodeInteger),
    "optional string": (value: ReturnType<typeof encoded>) => decodeOptional(value, decodeString),
  };
  const refused: [decoder: keyof typeof decoders, value: unknown][] = [
    ["string", 5],
    ["string", undefined],
    ["string", ["set", ["a"]]],
    ["integer", "5"],
    ["integer", 1.5],
    ["integer", 2 ** 60],
    ["integer", null],
    ["boolean", 0],
    ["uuid", ID],
    ["uuid", ["uuid", "not one"]],
    ["uuid", ["uuid", `${ID}\n`]],
    ["uuid", ["named-uuid", ID]],
    ["uuid", ["uuid", ID, ID]],
    ["map", {}],
    ["map", ["map", { a: "b" }]],
    ["map", ["map", [["a"]]]],
    ["map", ["map", [["a", 1]]]],
    [
      "map",
      [
        "map",
        [
          ["a", "1"],
          ["a", "2"],
        ],
      ],
    ],
    ["map", ["set", []]],
    ["set of integers", ["set", 5]],
    ["set of integers", ["set", [1, "2"]]],
    ["set of integers", ["set", [1, 1]]],
    ["set of integers", ["set"]],
    ["optional string", ["set", ["a", "b"]]],
    ["optional string", ["set", [["set", []]]]],
  ];
  for (const [decoder, value] of refused) {
    it(`are refused as ${decoder} when a host sends ${JSON.stringify(value)}`, () => {
      expect(() => decoders[decoder](encoded(value)))
        .to.throw(TaasError, /compute-1.*for Bridge\.name instead of/)
        .with.property("code", "ovsdb-reply");
    });
  }

  it("never fail other than with an error for the operator, whatever a host sends", () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(decoders)), fc.jsonValue(), (decode, value) => {
        try {
          decode(sent(value));
        } catch (error) {
          expect(error).to.be.instanceOf(TaasError);
        }
      }),
    );
  });

  it("refuse to encode an invalid reference", () => {
    expect(() => uuid("br-int")).to.throw(RangeError);
    expect(() => namedUuid("br-int")).to.throw(RangeError);
    expect(namedUuid("br_int")).to.deep.equal(["named-uuid", "br_int"]);
  });
});
