import { expect } from "chai";
import { judgeTap, judgeUnsourced } from "../../../provider/verify/judge";
import { type Case, evidenceOf } from "./evidenceOf";
import { CASES } from "./judgeCases";
import { twoHosts } from "./twoHosts";

function judged(given: Case) {
  const tap = judgeTap(evidenceOf(given));
  const stages = new Map(tap.stages.map((stage) => [stage.stage, stage]));
  return { tap, stages, words: tap.stages.map(({ verdict }) => verdict).join(" ") };
}

describe("the verdict", () => {
  for (const [title, given, verdict, words, named] of CASES) {
    it(`on ${title} is ${verdict}`, () => {
      const found = judged(given);
      expect([found.tap.verdict, found.words]).to.deep.equal([verdict, words]);
      if (named === undefined) return;
      const [stage, host, detail] = named;
      expect(found.stages.get(stage)).to.include({ host });
      expect(found.stages.get(stage)!.detail).to.match(detail);
    });
  }

  it("on a disabled tap has no stages", () => {
    const { tap } = judged({ treatment: { enabled: false } });
    expect([tap.verdict, tap.stages]).to.deep.equal(["disabled", []]);
  });

  it("on a tap that has ended has no stages", () => {
    const verdictWith = (until: string) => {
      const { source, ...others } = evidenceOf({});
      const end = { ...source.end, claim: { ...source.end.claim, until } };
      const { verdict, stages } = judgeTap({ ...others, source: { ...source, end } });
      return [verdict, stages.length];
    };
    expect(verdictWith("2020-01-31T18:00:00Z")).to.deep.equal(["ended", 0]);
    expect(verdictWith("2099-01-31T18:00:00Z")).to.deep.equal(["proved", 5]);
  });

  it("names a few faults of many, on one line each, and controls no terminal", () => {
    const many = Array.from({ length: 9 }, (_, index) => `fault\n${index}\u001b[31m`);
    const change = () => ({ faults: [{ host: "host1", faults: new Map([["filter", many] as const]) }] });
    const { detail } = judged({ change }).stages.get("filter")!;
    expect(detail).to.match(/^fault\\u000a0\\u001b\[31m; .*; and 5 more$/);
  });

  it("has names of one line each, whatever hosts say", () => {
    const evil = "x\nproved: y\u001b[2J";
    const told = "x\\u000aproved: y\\u001b[2J";
    const { source, ...others } = evidenceOf({ probe: "none" });
    const claim = { ...source.end.claim, owner: evil, service: evil };
    const end = { ...source.end, claim };
    const unseen = { host: evil, unseen: "cannot reach it" };
    const tap = judgeTap({ ...others, source: { ...source, end, host: evil }, destination: unseen });
    const unsourced = judgeUnsourced({
      claim: { ...twoHosts().destination.claim!, owner: evil, service: evil },
      destination: evil,
      source: { host: evil, verdict: "wrong", detail: "missing" },
    });
    for (const { owner, service, sourceHost, destination, stages } of [tap, unsourced])
      for (const name of [owner, service, sourceHost, destination, ...stages.map(({ host }) => host)])
        expect(name).to.equal(told);
  });

  it("on a tap that only the monitor's host knows is about its source", () => {
    const { claim } = twoHosts().destination;
    const source = { host: "host1", verdict: "wrong" as const, detail: "missing" };
    const tap = judgeUnsourced({ claim: claim!, destination: "host2", source });
    expect(tap.verdict).to.equal("wrong");
    expect(tap.stages.map(({ verdict }) => verdict)).to.deep.equal(["wrong", ...Array(4).fill("unknown")]);
  });
});
