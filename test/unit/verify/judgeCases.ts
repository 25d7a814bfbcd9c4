import { NOTHING } from "../../../provider/verify/counts";
import type { ProbeResult } from "../../../provider/verify/probe";
import type { Stage } from "../../../provider/verify/verification";
import { ARRIVED, type Case, type There, withPort } from "./evidenceOf";

/** Taps, with the verdict on each, on its stages in order, and what one of these is named for. */
export const CASES: [
  title: string,
  given: Case,
  verdict: string,
  words: string,
  named?: [Stage, string, RegExp],
][] = [
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
    "a sample that has no frame which the filter takes",
    {
      treatment: { sampling: { oneIn: 2 }, filter: [{ action: "accept", protocol: "sctp" }] },
      group: { captured: 40, accepted: 0, dropped: 0 },
    },
    "no-traffic",
    "proved proved no-traffic proved proved",
    ["filter", "host1", /^sample and filter rejected all 40 frames$/],
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
