import { expect } from "chai";
import { capsSpareProduction, unsafeCaps } from "../../../provider/model/caps";
import type { Claim } from "../../../provider/schema/claim";
import { observed } from "./observed";

describe("a cap on copies", () => {
  const harmful = ["2.5.0", "2.12.4", "2.13.6", "2.14.4", "2.15.0", "2.15.3", "2.16.2"];
  const harmless = [
    "2.13.7",
    "2.13.11",
    "2.14.5",
    "2.15.4",
    "2.16.3",
    "2.17.0",
    "2.17.12",
    "3.0.0",
    "3.1.0",
    "4.0.0",
  ];

  for (const version of harmful) {
    it(`is refused on Open vSwitch ${version}`, () => expect(capsSpareProduction(version)).to.equal(false));
  }
  for (const version of [...harmless, "2.15.90-ours", undefined]) {
    it(`is accepted on Open vSwitch ${version}`, () => expect(capsSpareProduction(version)).to.equal(true));
  }

  for (const [kind, way] of [
    ["flow", /or leave rateLimit out$/],
    ["capture", /or capture all frames \(--rate 0\)$/],
  ] as const) {
    it(`is refused with a way out that a ${kind} has`, () => {
      const claim = { kind, owner: "o", source: { rateLimit: { packetsPerSecond: 1000 } } };
      const [problem, ...more] = unsafeCaps([claim as Claim], { ...observed(), version: "2.15.0" });
      expect(problem).to.include({ owner: "o", code: "rate-limit-unsafe" });
      expect(problem!.hint).to.match(way);
      expect(more).to.deep.equal([]);
    });
  }
});
