import { expect } from "chai";
import fc from "fast-check";
import { coverRange, type Masked } from "../../../provider/model/filter/cover";
import { proofOfMinimality, smallestCover } from "./optimality";

/** How many matches each number meets. */
function hits(cover: readonly Masked[], bits: number): number[] {
  return Array.from(
    { length: 2 ** bits },
    (_, number) => cover.filter(({ value, mask }) => (number & mask) === value).length,
  );
}

function isExact(cover: readonly Masked[], first: number, last: number, bits: number): boolean {
  return hits(cover, bits).every((count, number) => count > 0 === (number >= first && number <= last));
}

function ranges(bits: number): [number, number][] {
  const numbers = Array.from({ length: 2 ** bits }, (_, number) => number);
  return numbers.flatMap((first) => numbers.slice(first).map((last): [number, number] => [first, last]));
}

const end = fc.oneof(
  fc.nat(65535),
  fc.nat(1023),
  fc.nat(1023).map((low) => 65535 - low),
);
const range = fc.tuple(end, end).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);

describe("coverRange", () => {
  const table: [number, number, string[]][] = [
    [443, 443, ["0x1bb/0xffff"]],
    [0, 65535, ["0x0/0x0"]],
    [0, 1023, ["0x0/0xfc00"]],
    [
      1024,
      65535,
      ["0x400/0xfc00", "0x800/0xf800", "0x1000/0xf000", "0x2000/0xe000", "0x4000/0xc000", "0x8000/0x8000"],
    ],
    [1, 6, ["0x1/0xfffd", "0x2/0xfffb", "0x4/0xfffe"]],
    [
      8000,
      8999,
      ["0x1f40/0xffc0", "0x1f80/0xff80", "0x2000/0xfe00", "0x2200/0xff00", "0x2300/0xffe0", "0x2320/0xfff8"],
    ],
  ];
  for (const [first, last, wanted] of table) {
    it(`covers ${first} to ${last} with ${wanted.length} matches`, () => {
      const texts = coverRange(first, last).map(
        ({ value, mask }) => `0x${value.toString(16)}/0x${mask.toString(16)}`,
      );
      expect(texts.sort()).to.deep.equal(wanted.sort());
    });
  }

  it("matches exactly the ports of a range, of all 65536", () => {
    fc.assert(
      fc.property(range, ([first, last]) => isExact(coverRange(first, last), first, last, 16)),
      { numRuns: 150 },
    );
  });

  it("matches exactly the numbers of every range of 7 bits", () => {
    for (const [first, last] of ranges(7)) {
      expect(isExact(coverRange(first, last, 7), first, last, 7), `${first}-${last}`).to.equal(true);
    }
  });

  it("takes as few matches as any set of matches can, for every range of 4 bits", () => {
    for (const [first, last] of ranges(4)) {
      expect(coverRange(first, last, 4).length, `${first}-${last}`).to.equal(smallestCover(first, last, 4));
    }
  });

  it("takes no more matches than there are ports that each need one", () => {
    fc.assert(
      fc.property(range, ([first, last]) => {
        const cover = coverRange(first, last);
        const needy = proofOfMinimality(cover, first, last, 16);
        expect(needy, `${first}-${last}`).to.have.lengthOf(cover.length);
      }),
      { numRuns: 500 },
    );
  });

  it("takes at most 28 matches", () => {
    expect(coverRange(8193, 57342)).to.have.lengthOf(28);
    fc.assert(fc.property(range, ([first, last]) => coverRange(first, last).length <= 28));
  });
});
