import { expect } from "chai";
import {
  cleanUps,
  deleteEdit,
  type Edit,
  noteEdit,
  type PutOptions,
  putEdit,
} from "../../../provider/converge/edit";
import { RUN } from "../../../provider/converge/run";
import { defaultTunnelId } from "../../../provider/model/identity";
import type { Claim } from "../../../provider/schema/claim";

const STACK = "org/project/stack";
const OWNER = `${STACK}/TapService/ids`;
const content = {
  ...{ format: 1, kind: "service", owner: OWNER, tunnelId: 7, ports: ["tap-ids"], distribution: "copy" },
  ...{ attachment: "tap-bridge", allowCrossTenant: false, integrationBridge: "br-int" },
} as const;
const written = { writer: "w", time: new Date().toISOString() };
const claim = (more: object = {}): Claim =>
  ({ ...content, ...written, token: "mine", ...more }) as unknown as Claim;
const options = (more: Partial<PutOptions> = {}): PutOptions => ({
  ...{ draft: content as unknown as PutOptions["draft"], token: "mine", mode: "create", adopt: false },
  ...{ replaced: undefined, mark: "pending", previousOwner: undefined, elsewhere: [], host: "host1" },
  ...more,
});

/** What an edit makes of claims: each with its token and what is left of its marks; the code that it is refused with. */
function applied(edit: Edit, ...claims: Claim[]): unknown {
  const after = new Map(claims.map((one) => [one.owner, one]));
  try {
    edit.apply(after);
  } catch (error) {
    return (error as { code: string }).code;
  }
  return [...after.values()].map(({ owner, token, pending }) =>
    [
      owner.slice(STACK.length + 1),
      token,
      pending === undefined ? "confirmed" : pending === RUN ? "pending" : "left",
    ].join(" "),
  );
}

const other = { ports: ["tap-other"] };
const left = { pending: "another-run" };

describe("a claim that is put", () => {
  const cases: [string, unknown, Partial<PutOptions>, ...Claim[]][] = [
    ["is pending until it is confirmed", ["TapService/ids mine pending"], {}],
    [
      "is confirmed at once by an update",
      ["TapService/ids mine confirmed"],
      { mode: "update", mark: "confirmed" },
    ],
    ["stays confirmed when it was", ["TapService/ids mine confirmed"], {}, claim(other)],
    ["takes over what says the same", ["TapService/ids mine pending"], {}, claim({ token: "theirs" })],
    ...["phase", "movingFrom", "from", "elsewhere"].map((field): [string, unknown, object, Claim] => [
      `takes over what says the same, with ${field} or without`,
      ["TapService/ids mine pending"],
      {},
      claim({ token: "theirs", [field]: "any" }),
    ]),
    ["is refused by one that differs", "claim-differs", {}, claim({ ...other, token: "theirs" })],
    [
      "takes that over if it may",
      ["TapService/ids mine pending"],
      { adopt: true },
      claim({ ...other, token: "theirs" }),
    ],
    [
      "takes over its own leftover",
      ["TapService/ids mine pending"],
      {},
      claim({ ...other, ...left, token: "theirs" }),
    ],
    [
      "takes over what it replaces",
      ["TapService/ids mine pending"],
      { replaced: "theirs" },
      claim({ ...other, token: "theirs" }),
    ],
    [
      "is refused where an update finds another's",
      "claim-differs",
      { mode: "update" },
      claim({ token: "theirs" }),
    ],
    [
      "takes its former name's place",
      ["TapService/ids mine confirmed"],
      { mode: "update", mark: "confirmed", previousOwner: `${STACK}/TapService/old` },
      claim({ owner: `${STACK}/TapService/old` }),
    ],
  ];
  for (const [says, expected, more, ...claims] of cases) {
    it(says, () => expect(applied(putEdit(options(more)), ...claims)).to.deep.equal(expected));
  }

  const MAC = "fa:16:3e:00:00:01";
  const byMac = (foundIfaceId: string) => ({ mac: MAC, foundIfaceId });
  const service = (fields: object) => ({ ...content, ports: [byMac("new")], ...fields });
  const flow = (fields: object) => ({
    ...{
      format: 1,
      kind: "flow",
      owner: `${STACK}/TapFlow/web`,
      service: OWNER,
      tunnelId: 7,
      destination: "m2",
    },
    source: { port: byMac("new"), integrationBridge: "br-int", maxFrame: 1500 },
    peer: { machine: "m2", name: "host2", local: "192.0.2.1", remote: "192.0.2.2" },
    ...fields,
  });
  const found: [string, object, object][] = [
    ["another iface-id of a monitor's MAC", service({}), { ports: [byMac("old")] }],
    ["no iface-id yet", service({}), { ports: [{ mac: MAC }] }],
    ["the tunnel id of its former name", service({ tunnelId: defaultTunnelId(OWNER) }), { tunnelId: 7 }],
    ["another iface-id of a source", flow({}), { source: { ...flow({}).source, port: byMac("old") } }],
    ["another longest frame", flow({}), { source: { ...flow({}).source, maxFrame: 9000 } }],
    ["its service's former tunnel id", flow({}), { tunnelId: 8 }],
    ["other addresses of the ends", flow({}), { peer: { ...flow({}).peer, name: "b", remote: "192.0.2.9" } }],
  ];
  const given: [string, object, object][] = [
    ["another MAC", service({}), { ports: [{ mac: "fa:16:3e:00:00:02" }] }],
    ["another tunnel id than is given", service({ tunnelId: 9 }), { tunnelId: 7 }],
    ["another source", flow({}), { source: { ...flow({}).source, port: "tap" } }],
    ["a source that is not truncated", flow({}), { source: { ...flow({}).source, maxFrame: undefined } }],
    ["another machine", flow({}), { peer: { ...flow({}).peer, machine: "m3" } }],
    ["another service", flow({}), { service: `${STACK}/TapService/other` }],
  ];
  for (const [cases, outcome] of [
    [found, "takes over"],
    [given, "is refused by"],
  ] as const) {
    for (const [what, draft, differing] of cases)
      it(`${outcome} what differs in what ${cases === found ? "was found out" : "is given"}: ${what}`, () => {
        const existing = { ...draft, ...differing, ...written, token: "theirs" } as unknown as Claim;
        const result = applied(putEdit(options({ draft: draft as PutOptions["draft"] })), existing);
        const name = existing.owner.slice(STACK.length + 1);
        expect(result).to.deep.equal(cases === found ? [`${name} mine pending`] : "claim-differs");
      });
  }

  it("has the same result when it is put twice", () => {
    const claims = new Map<string, Claim>();
    putEdit(options()).apply(claims);
    const once = claims.get(OWNER);
    putEdit(options()).apply(claims);
    expect(claims.get(OWNER)).to.equal(once);
  });
});

describe("a claim that is deleted", () => {
  it("is that of the incarnation, whatever its owner key", () => {
    const renamed = claim({ owner: `${STACK}/TapService/new` });
    expect(applied(deleteEdit(OWNER, "mine"), renamed, claim({ token: "theirs" }))).to.deep.equal([
      "TapService/ids theirs confirmed",
    ]);
  });

  it("is replaced by the claim that the pending one had replaced", () => {
    const before = claim({ ...other, token: "theirs" });
    const claims = new Map([[OWNER, before]]);
    putEdit(options({ adopt: true })).apply(claims);
    deleteEdit(OWNER, "mine").apply(claims);
    expect([...claims.values()]).to.deep.equal([before]);
  });

  it("is not restored by a pending one that replaced it", () => {
    const claims = new Map([[OWNER, claim({ ...other, token: "theirs" })]]);
    putEdit(options({ adopt: true })).apply(claims);
    deleteEdit(OWNER, "theirs").apply(claims);
    deleteEdit(OWNER, "mine").apply(claims);
    expect([...claims.values()]).to.deep.equal([]);
  });
});

describe("a note on a claim", () => {
  it("adds machines, each once", () => {
    const [one, two] = ["one", "two"].map((machine) => ({
      machine,
      host: { name: machine, address: machine },
    }));
    const claims = new Map([[OWNER, claim({ elsewhere: [one] })]]);
    noteEdit(OWNER, "mine", [one!, two!]).apply(claims);
    expect(claims.get(OWNER)!.elsewhere).to.deep.equal([one, two]);
  });
});

describe("the clean-up of a tap that has ended", () => {
  const HOUR = 3_600_000;
  /** Whether it is cleaned up where it is tapped, or at the monitor. The end and the host's clock in milliseconds from now. */
  const isCleaned = (at: "source" | "monitor", ends: number, clock: number): boolean => {
    const found = claim({
      ...{ kind: "flow", owner: `${STACK}/TapFlow/web`, until: new Date(Date.now() + ends).toISOString() },
      source: at === "source" ? { port: "tap-web" } : undefined,
    });
    return cleanUps(new Map([[found.owner, found]]), [], Date.now() + clock).length > 0;
  };

  it("goes by the clock of the host that ends the copies, and by no other", () => {
    expect(isCleaned("source", -1, 0)).to.equal(true);
    expect(isCleaned("source", HOUR, 2 * HOUR)).to.equal(true);
    expect(isCleaned("source", -HOUR, -2 * HOUR)).to.equal(false);
  });

  it("waits at the monitor until its host's clock and this machine's have both come to the end", () => {
    expect(isCleaned("monitor", -1, 0)).to.equal(true);
    expect(isCleaned("monitor", HOUR, 2 * HOUR)).to.equal(false);
    expect(isCleaned("monitor", -HOUR, -2 * HOUR)).to.equal(false);
  });
});

describe("a clean-up", () => {
  const due = (found: Claim, edit: Edit): boolean =>
    cleanUps(new Map([[found.owner, found]]), [edit], Date.now()).length > 0;
  const another = putEdit(
    options({ draft: { ...content, owner: `${STACK}/TapService/x` } as unknown as PutOptions["draft"] }),
  );
  const old = { time: new Date(Date.now() - 25 * 3600 * 1000).toISOString() };
  const cases: [string, boolean, Claim, Edit][] = [
    ["is due for what a killed run of the stack left", true, claim(left), another],
    ["is not for what is confirmed", false, claim(), another],
    ["is not for what this run is making", false, claim({ pending: RUN }), another],
    ["is not for what has other ends", false, claim({ ...left, elsewhere: [] }), another],
    ["is not for what is put anew", false, claim(left), putEdit(options())],
    ["is for what is deleted", true, claim(left), deleteEdit(OWNER, "x")],
    [
      "is not for another stack's",
      false,
      claim({ ...left, owner: "org/project/other/TapService/x" }),
      another,
    ],
    [
      "is for anybody's that is a day old",
      true,
      claim({ ...left, ...old, owner: "org/project/other/TapService/x" }),
      another,
    ],
  ];
  for (const [says, expected, found, edit] of cases) {
    it(says, () => expect(due(found, edit)).to.equal(expected));
  }
});
