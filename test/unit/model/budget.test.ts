import { expect } from "chai";
import { outcomeOf } from "../../../provider/converge/draft";
import type { Edit } from "../../../provider/converge/edit";
import type { Desired } from "../../../provider/model/desired";
import { render } from "../../../provider/model/render";
import type { Facts, MirrorFacts } from "../../../provider/ovs/facts";
import { type Claim, claimOf, type FlowClaim } from "../../../provider/schema/claim";
import { type ObservedPort, observed, rowId } from "./observed";

function flow(name: string, source: object): FlowClaim {
  return claimOf.flow.parse({
    ...{ format: 1, kind: "flow", owner: `o/p/s/TapFlow/${name}`, token: name, writer: "w", time: "t" },
    ...{ service: "o/p/s/TapService/ids", tunnelId: 7, destination: "machine-here" },
    source: { integrationBridge: "br-int", ...source },
  });
}

const vm = (name: string, port: ObservedPort["port"] = {}): ObservedPort => ({
  ...{ name, port, nic: { externalIds: { "iface-id": name } } },
});
/** A flow with a Mirror of its own. */
const capped = (index: number) => flow(`vm${index}`, { port: `vm${index}`, rateLimit: { kbps: 1000 } });
const access = Array.from({ length: 40 }, (_, index) => vm(`vm${index}`));
const selecting = flow("all", { ports: { name: "vm*" } });
const trunk = vm("vm-trunk", { tag: undefined });

/** A host with these ports and Mirrors, of which those of ours are named alone. */
function host(ports: ObservedPort[], ...mirrors: (string | Partial<MirrorFacts>)[]): Facts {
  const rows = mirrors.map((mirror, index) => {
    const given = typeof mirror === "string" ? { name: mirror, externalIds: { taas: "1" } } : mirror;
    return { externalIds: {}, ...given, uuid: rowId("Mirror", String(index)) } as MirrorFacts;
  });
  const facts = observed(
    { name: "br-int", ports, row: { mirrors: rows.map(({ uuid }) => uuid) } },
    { name: "br-tap", ports: [], row: { externalIds: { "taas-renderer": "1" } } },
  );
  return { ...facts, mirrors: Object.fromEntries(rows.map((row) => [row.uuid, row])) };
}

const rendered = (facts: Facts, claims: FlowClaim[]): Desired =>
  render(new Map(claims.map((claim) => [claim.owner, claim])), facts, "br-tap");
/** The codes with which edits of a host with these claims are refused. */
function refused(facts: Facts, claims: Claim[], ...edits: Edit[]): unknown[] {
  const codes: unknown[] = [];
  const read = {
    claims: new Map(claims.map((one) => [one.owner, one])),
    generation: 5,
    bridge: facts.bridges[1],
  };
  const reject = (_: Edit, error: unknown) => void codes.push((error as { code?: string }).code);
  outcomeOf({ record: { name: "host1", address: "host1" }, read, facts, edits, now: 0, reject });
  return codes;
}
const put = (claim: Claim): Edit => ({
  ...{ owner: claim.owner, kind: "put", apply: (claims) => void claims.set(claim.owner, claim) },
});
const namesOf = ({ mirrors }: Desired) => mirrors.map(({ name }) => name).sort();
const exhausted = ({ problems }: Desired) =>
  problems.filter(({ code }) => code === "mirrors-exhausted").map(({ owner }) => owner!.split("/").at(-1)!);

describe("a bridge with 32 Mirrors", () => {
  const claims = [...Array.from({ length: 31 }, (_, index) => capped(index)), selecting];
  const standing = namesOf(rendered(host(access), claims));

  it("gets no further one by anybody's operation, and the tap that needs it is drifted while that is so", () => {
    expect(standing).to.have.length(32);
    const facts = host([...access, trunk], ...standing);
    for (const all of [claims, [...claims, flow("other", { ports: { name: "none*" }, enabled: false })]]) {
      const desired = rendered(facts, all);
      expect(namesOf(desired)).to.deep.equal(standing);
      expect(exhausted(desired)).to.deep.equal(["all"]);
    }
  });

  it("gets as many as there is room for", () => {
    const thirty = claims.slice(1, 31);
    const mirrors = namesOf(rendered(host(access), thirty));
    const desired = rendered(host(access, ...mirrors), [...thirty, ...[31, 32, 33].map(capped)]);
    expect(desired.mirrors).to.have.length(32);
    expect(exhausted(desired)).to.have.length(1);
  });

  it("has a fault of all its taps when another program adds one, because some Mirror does nothing", () => {
    const desired = rendered(host(access, ...standing, { name: "span" }), claims);
    expect(namesOf(desired)).to.deep.equal(standing);
    expect(exhausted(desired).sort()).to.deep.equal(
      claims.map(({ owner }) => owner.split("/").at(-1)).sort(),
    );
    const told = desired.problems.find(({ code }) => code === "mirrors-exhausted");
    expect(told!.message).to.match(/^bridge br-int has 33 Mirrors, .*; not ours: span$/);
  });

  it("refuses then only what needs a new Mirror", () => {
    const ids = claimOf.service.parse({
      ...{ format: 1, kind: "service", owner: "o/p/s/TapService/ids", token: "ids", writer: "w", time: "t" },
      ...{ integrationBridge: "br-int", attachment: "tap-bridge", tunnelId: 7, distribution: "copy" },
      ports: ["mon"],
    });
    const facts = host([...access, { name: "mon" }], ...standing, { name: "span" });
    const changed = { ...claims[0]!, description: "changed" };
    expect(refused(facts, [ids, ...claims], put(changed))).to.deep.equal([]);
    expect(refused(facts, [ids, ...claims], put(capped(35)))).to.deep.equal(["mirrors-exhausted"]);
  });

  it("counts those of ours that are to be deleted as room, and others' with names like ours as Mirrors", () => {
    const fewer = claims.slice(1);
    expect(exhausted(rendered(host(access, ...standing), [...fewer, capped(35)]))).to.deep.equal([]);
    const lookalike = { name: "taas-somebody" };
    expect(exhausted(rendered(host(access, ...standing, lookalike), fewer))).to.deep.equal([]);
    expect(exhausted(rendered(host(access, ...standing, lookalike), [...fewer, capped(35)]))).to.have.length(
      1,
    );
  });
});
