import { expect } from "chai";
import type { InterfaceFacts, PortFacts } from "../../../provider/ovs/facts";
import { NOTHING } from "../../../provider/verify/counts";
import type { Evidence } from "../../../provider/verify/evidence";
import { judgeTap, judgeUnsourced } from "../../../provider/verify/judge";
import type { ProbeResult } from "../../../provider/verify/probe";
import type { Stage } from "../../../provider/verify/verification";
import { rowId } from "../model/observed";
import { twoHosts } from "./twoHosts";

type There = Extract<Evidence["destination"], { end: unknown }>;

const ARRIVED: ProbeResult = { outcome: "arrived", tunnelId: 7, milliseconds: 1 };

/** What is special about a case; all else is of a sound tap whose port sent 40 frames, of which 10 were accepted. */
interface Case {
  treatment?: object;
  special?: Record<string, Partial<InterfaceFacts>>;
  ports?: { egress: number; ingress: number };
  group?: { captured: number; accepted: number; dropped: number };
  probe?: ProbeResult | "none";
  change?: (evidence: Evidence) => Partial<Evidence>;
}

function evidenceOf({ treatment = {}, special = {}, ports, group, probe = ARRIVED, change }: Case): Evidence {
  const { source, destination } = twoHosts(treatment, special);
  const evidence: Evidence = {
    source: { end: source, host: "host1", dead: undefined },
    destination: { end: destination, host: "host2", dead: undefined },
    faults: [],
    counted: {
      groups: new Map(
        source.groups.map(({ hash }) => [hash, group ?? { captured: 40, accepted: 10, dropped: 0 }]),
      ),
      ports: new Map([[rowId("Interface", "web"), ports ?? { egress: 40, ingress: 0 }]]),
    },
    seconds: 2,
    probe: probe === "none" ? undefined : probe,
  };
  return { ...evidence, ...change?.(evidence) };
}

/** The same, with tapped ports whose rows say something else. */
function withPort(row: Partial<PortFacts>): NonNullable<Case["change"]> {
  return ({ source }) => {
    const groups = source.end.groups.map((group) => ({
      ...group,
      members: group.members.map(({ flow, ports }) => ({
        flow,
        ports: ports.map((found) => ({ ...found, port: { ...found.port, ...row } })),
      })),
    }));
    return { source: { ...source, end: { ...source.end, groups } } };
  };
}

function judged(given: Case) {
  const tap = judgeTap(evidenceOf(given));
  const stages = new Map(tap.stages.map((stage) => [stage.stage, stage]));
  return { tap, stages, words: tap.stages.map(({ verdict }) => verdict).join(" ") };
}

const CASES: [title: string, given: Case, verdict: string, words: string, named?: [Stage, string, RegExp]][] =
  [
    [
      "a sound tap",
      {},
      "proved",
      "proved proved proved proved proved",
      ["filter", "host1", /^10 of 40 frames accepted$/],
    ],
    [
      "a tap without traffic",
      { ports: { egress: 0, ingress: 0 }, group: { captured: 0, accepted: 0, dropped: 0 } },
      "no-traffic",
      "proved no-traffic no-traffic proved proved",
    ],
    [
      "a tap whose port is quiet while others of its group are not",
      { ports: { egress: 0, ingress: 0 } },
      "no-traffic",
      "proved no-traffic proved proved proved",
    ],
    [
      "a tap in the other direction than the traffic",
      { treatment: { direction: "ingress" }, group: { captured: 0, accepted: 0, dropped: 0 } },
      "no-traffic",
      "proved no-traffic no-traffic proved proved",
    ],
    [
      "a Mirror that copies nothing",
      { ports: { egress: 35, ingress: 5 }, group: { captured: 0, accepted: 0, dropped: 0 } },
      "wrong",
      "proved wrong no-traffic proved proved",
      ["capture", "host1", /^Mirror taas-\w+ copied none of the 40 frames of web within 2 s/],
    ],
    [
      "a Mirror that copies nothing of a port that takes all VLANs",
      { group: { captured: 0, accepted: 0, dropped: 0 }, change: withPort({ tag: undefined }) },
      "wrong",
      "proved wrong no-traffic proved proved",
      ["capture", "host1", /^Mirror taas-\w+ copied none of the 40 frames of web within 2 s: ovs-vswitchd/],
    ],
    [
      "frames sent into an access port that may have the tag of another VLAN",
      { group: { captured: 0, accepted: 0, dropped: 0 } },
      "unknown",
      "proved unknown no-traffic proved proved",
      ["capture", "host1", /the VM sends frames of VLANs that its port does not take/],
    ],
    [
      "frames sent into a trunk port of some VLANs",
      {
        group: { captured: 0, accepted: 0, dropped: 0 },
        change: withPort({ tag: undefined, trunks: [20] }),
      },
      "unknown",
      "proved unknown no-traffic proved proved",
    ],
    [
      "too few frames to tell",
      { ports: { egress: 2, ingress: 2 }, group: { captured: 0, accepted: 0, dropped: 0 } },
      "no-traffic",
      "proved no-traffic no-traffic proved proved",
    ],
    [
      "a filter that takes none of the traffic",
      { group: { captured: 40, accepted: 0, dropped: 0 } },
      "no-traffic",
      "proved proved no-traffic proved proved",
      ["filter", "host1", /rejected all 40 frames/],
    ],
    [
      "a rate limit",
      { group: { captured: 40, accepted: 40, dropped: 30 } },
      "proved",
      "proved proved proved proved proved",
      ["filter", "host1", /; the rate limit dropped 30$/],
    ],
    [
      "a source without a link",
      { special: { web: { linkState: "down" } } },
      "wrong",
      "wrong proved proved proved proved",
      ["source", "host1", /^port web has no link: its VM is stopped/],
    ],
    [
      "a monitor without a link",
      { special: { ids2: { linkState: "down" } } },
      "wrong",
      "proved proved proved proved wrong",
      ["delivery", "host2", /^monitor port ids2 has no link/],
    ],
    [
      "a probe that is lost",
      { probe: { outcome: "lost", sent: 3 } },
      "wrong",
      "proved proved proved wrong unknown",
      ["tunnel", "host1", /^3 probes sent by vxlan .* and none arrived on host2/],
    ],
    [
      "a probe under another tunnel id",
      { probe: { ...ARRIVED, tunnelId: 9 } as ProbeResult },
      "wrong",
      "proved proved proved wrong proved",
      ["tunnel", "host1", /with tunnel id 9, not 7$/],
    ],
    [
      "a probe as long as the longest copies that is lost",
      { probe: { ...ARRIVED, cut: { longest: 1514, arrived: 1464 } } as ProbeResult },
      "wrong",
      "proved proved proved wrong proved",
      [
        "tunnel",
        "host1",
        /^copies have up to 1514 bytes, and those of more than 1464 do not arrive on host2: the way by vxlan .* has an MTU of 1500\. Raise it, set snapLength to 1464 or less/,
      ],
    ],
    [
      "such a probe on one of very many ways",
      { probe: { ...ARRIVED, cut: { longest: 1514, arrived: undefined } } as ProbeResult },
      "wrong",
      "proved proved proved wrong proved",
      ["tunnel", "host1", /^copies have up to 1514 bytes, and such do not arrive on host2 by vxlan/],
    ],
    [
      "no management socket",
      { probe: { outcome: "refused", why: "no socket" } },
      "unknown",
      "proved proved proved unknown unknown",
      ["tunnel", "host1", /^no socket$/],
    ],
    [
      "a fault at the tunnel's far end",
      {
        probe: "none",
        change: () => ({
          faults: [{ host: "host2", faults: new Map([["tunnel", ["altered port", "missing rule"]]]) }],
        }),
      },
      "wrong",
      "proved proved proved wrong unknown",
      ["tunnel", "host2", /^altered port; missing rule$/],
    ],
    [
      "faults at both ends",
      {
        probe: "none",
        change: () => ({
          faults: [
            { host: "host1", faults: new Map([["tunnel", ["one"]]]) },
            { host: "host2", faults: new Map([["tunnel", ["two"]]]) },
          ],
        }),
      },
      "wrong",
      "proved proved proved wrong unknown",
      ["tunnel", "host1", /^one; host host2: two$/],
    ],
    [
      "a host whose counters could not be read",
      { change: () => ({ counted: NOTHING, uncounted: "the connection was lost" }) },
      "unknown",
      "unknown unknown unknown proved proved",
      ["capture", "host1", /^the connection was lost$/],
    ],
    [
      "a stopped ovs-vswitchd at the source",
      { probe: "none", change: ({ source }) => ({ source: { ...source, dead: "no answer" } }) },
      "wrong",
      "wrong unknown unknown unknown unknown",
      ["source", "host1", /^Open vSwitch does not answer, .*: no answer$/],
    ],
    [
      "a stopped ovs-vswitchd at the monitor",
      {
        probe: "none",
        change: ({ destination }) => ({ destination: { ...(destination as There), dead: "no answer" } }),
      },
      "wrong",
      "proved proved proved unknown wrong",
      ["delivery", "host2", /^Open vSwitch does not answer/],
    ],
    [
      "a monitor's host that is not reached",
      { probe: "none", change: () => ({ destination: { host: "host2", unseen: "cannot reach it" } }) },
      "unknown",
      "proved proved proved unknown unknown",
      ["delivery", "host2", /^cannot reach it$/],
    ],
    [
      "a missing claim at the monitor",
      {
        probe: "none",
        change: ({ destination }) => {
          const there = destination as There;
          return { destination: { ...there, end: { ...there.end, claim: undefined } } };
        },
      },
      "wrong",
      "proved proved proved unknown wrong",
      ["delivery", "host2", /^the claim of the flow is missing there$/],
    ],
  ];

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
