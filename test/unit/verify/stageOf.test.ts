import { expect } from "chai";
import type { Difference } from "../../../provider/converge/look";
import type { ErrorCode } from "../../../provider/errorCodes";
import { pieceCookie } from "../../../provider/model/identity";
import { parseFlow } from "../../../provider/ovs/openflow";
import { flowText } from "../../../provider/plan/flowText";
import { tapRules } from "../../../provider/plan/numberRules";
import { portNumbers } from "../../../provider/plan/portNumbers";
import { faultsOf, type TapThere } from "../../../provider/verify/stageOf";
import type { HostView } from "../../../provider/verify/view";
import { twoHosts } from "./twoHosts";

const two = twoHosts({ filter: [{ action: "accept", protocol: "udp" }] });
const tap = { owner: "o/p/s/web", tunnelId: 7 };
const here: TapThere = { ...tap, view: two.source.view, source: two.source, destination: undefined };
const there: TapThere = {
  ...tap,
  view: two.destination.view,
  source: undefined,
  destination: two.destination,
};

function difference(about: Difference["about"], owners: string[] = []): Difference {
  return { what: "it", owners, ...(about && { about }) };
}

/** The stage that one difference is at; undefined where it is none of the tap's way. */
function stage(side: TapThere, ...differences: Difference[]): string | undefined {
  const found = [...faultsOf(side, differences).keys()];
  expect(found.length).to.be.below(2);
  return found[0];
}

/** The rules of a host's tap bridge whose text has all of these words. */
function rules({ look, desired, tapBridge }: HostView, ...words: (string | RegExp)[]) {
  const texts = flowText(tapRules(desired, look.facts, tapBridge, 1))
    .trim()
    .split("\n");
  const found = texts.filter((text) => words.every((word) => text.search(word) >= 0));
  expect(found, words.join()).to.have.length.above(0);
  return found.map((text) => ({
    rule: parseFlow(text.replace(",actions=", " actions=")),
    bridge: tapBridge,
  }));
}

function missing(side: TapThere, ...words: (string | RegExp)[]): string | undefined {
  const all = rules(side.view, ...words).map((rule) => difference({ ...rule, is: "missing" }));
  return stage(side, ...all);
}

function unexpected(side: TapThere, text: string): string | undefined {
  return stage(side, difference({ rule: parseFlow(text), bridge: "br-tap", is: "unexpected" }));
}

const number = (side: TapThere, port: string) => portNumbers(side.view.look.facts, "br-tap").get(port)!;

describe("the stage at which something is wrong", () => {
  it("is that of the Mirror, the ports and the meter that copies pass", () => {
    expect(stage(here, difference({ mirror: two.mirror }))).to.equal("capture");
    expect(stage(here, difference({ port: two.patch }))).to.equal("capture");
    expect(stage(here, difference({ port: "web" }))).to.equal("source");
    expect(stage(here, difference({ port: two.tunnel }))).to.equal("tunnel");
    expect(stage(there, difference({ port: two.arrival }))).to.equal("tunnel");
    expect(stage(there, difference({ port: "ids2" }))).to.equal("delivery");
    expect(stage(here, difference({ meter: number(here, two.patch) }))).to.equal("filter");
    expect(stage(here, difference({ bridge: "br-tap" }))).to.equal("filter");
    expect(stage(there, difference({ bridge: "br-tap" }))).to.equal("delivery");
  });

  it("is that of the rule that is missing", () => {
    const patch = `in_port=${number(here, two.patch)}`;
    expect(missing(here, "table=0", patch)).to.equal("filter");
    expect(missing(here, "table=1", patch, /udp|nw_proto=17/)).to.equal("filter");
    expect(missing(here, "table=2", patch)).to.equal("tunnel");
    expect(missing(there, "table=0", `in_port=${number(there, two.arrival)}`)).to.equal("tunnel");
    expect(missing(there, "table=2", "tun_id=0x7")).to.equal("delivery");
    expect(missing(there, "table=0", `in_port=${number(there, "ids1")}`)).to.equal("delivery");
  });

  it("is that of the rule whose identity another one has", () => {
    const { rule } = rules(there.view, "table=2", "tun_id=0x7")[0]!;
    const other = { ...rule, cookie: 5n, actions: "drop" };
    const found = faultsOf(there, [
      difference({ rule, bridge: "br-tap", is: "missing" }),
      { ...difference({ rule: other, bridge: "br-tap", is: "unexpected" }), what: "other" },
    ]);
    expect([...found]).to.deep.equal([["delivery", ["it", "other"]]]);
  });

  it("is found among the differences of many other taps, in their order", () => {
    const others = Array.from({ length: 1000 }, (_, index) => [
      difference({ port: `mt-${index}` }),
      difference({ mirror: `mi-${index}` }),
      difference({ meter: 10_000 + index }),
      difference({ problem: "port-missing" }, [`o/p/s/${index}`]),
    ]).flat();
    const own = [
      { ...difference({ bridge: "br-tap" }), what: "bridge" },
      { ...difference({ port: two.tunnel }), what: "tunnel" },
      ...rules(here.view, "table=0", `in_port=${number(here, two.patch)}`).map((rule) => ({
        ...difference({ ...rule, is: "missing" as const }),
        what: "rule",
      })),
    ];
    const all = [...others, own[0]!, ...others, own[1]!, ...others, ...own.slice(2), ...others];
    expect([...faultsOf(here, all)]).to.deep.equal([
      ["filter", ["bridge", "rule"]],
      ["tunnel", ["tunnel"]],
    ]);
  });

  it("is that of what somebody's rule would take", () => {
    const patch = number(here, two.patch);
    expect(unexpected(here, `table=0,priority=9,in_port=${patch} actions=drop`)).to.equal("filter");
    expect(unexpected(here, "table=0,priority=9 actions=drop")).to.equal("filter");
    expect(unexpected(here, "table=2,priority=9 actions=drop")).to.equal("tunnel");
    expect(
      unexpected(there, `table=0,priority=9,in_port=${number(there, two.arrival)} actions=drop`),
    ).to.equal("tunnel");
    expect(unexpected(there, "table=2,priority=9,tun_id=0x7 actions=drop")).to.equal("delivery");
  });

  it("is none for what belongs to other taps", () => {
    expect(stage(here, difference({ mirror: "taas-other" }))).to.equal(undefined);
    expect(stage(here, difference({ port: "db" }))).to.equal(undefined);
    expect(stage(here, difference({ meter: 65000 }))).to.equal(undefined);
    expect(stage(here, difference({ bridge: "br-int" }))).to.equal(undefined);
    expect(stage(here, difference(undefined, ["o/p/s/web"]))).to.equal(undefined);
    expect(stage(here, difference({ problem: "port-missing" }, ["o/p/s/other"]))).to.equal(undefined);
    expect(unexpected(here, "table=0,priority=9,in_port=65000 actions=drop")).to.equal(undefined);
    expect(unexpected(there, "table=2,priority=9,tun_id=0x8 actions=drop")).to.equal(undefined);
    const leftover = `cookie=0x${pieceCookie("abcdefabcdef").toString(16)}`;
    expect(unexpected(here, `${leftover},table=0,priority=100,in_port=65000 actions=drop`)).to.equal(
      undefined,
    );
  });

  const problems: [ErrorCode, string, string | undefined][] = [
    ["port-missing", "o/p/s/web", "source"],
    ["source-patch", "o/p/s/web", "source"],
    ["mirrors-exhausted", "o/p/s/web", "capture"],
    ["rate-limit-unsafe", "o/p/s/web", "filter"],
    ["tunnel-clash", "o/p/s/web", "tunnel"],
    ["service-missing", "o/p/s/web", "delivery"],
    ["port-missing", "o/p/s/TapService/ids", "delivery"],
  ];
  for (const [problem, owner, expected] of problems) {
    it(`is ${expected} for ${problem} of ${owner}`, () => {
      const side = owner.endsWith("ids") || problem === "service-missing" ? there : here;
      expect(stage(side, difference({ problem }, [owner]))).to.equal(expected);
    });
  }
});
