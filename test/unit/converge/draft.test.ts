import { expect } from "chai";
import { outcomeOf } from "../../../provider/converge/draft";
import { deleteEdit, type Edit, putEdit } from "../../../provider/converge/edit";
import { TaasError } from "../../../provider/errors";
import type { Facts } from "../../../provider/ovs/facts";
import type { Claim } from "../../../provider/schema/claim";
import { type ObservedBridge, type ObservedPort, observed } from "../model/observed";

const STACK = "org/project/stack";
const record = { name: "host1", address: "host1" };

function service(name: string, port: string, more: Partial<Claim> = {}): Claim {
  return {
    ...{ format: 1, kind: "service", owner: `${STACK}/TapService/${name}`, token: `token-${name}` },
    ...{ writer: "w", time: new Date().toISOString(), integrationBridge: "br-int" },
    ...{ tunnelId: name.charCodeAt(0), ports: [port], distribution: "copy", attachment: "tap-bridge" },
    ...more,
  } as Claim;
}

const pending = { pending: "another-run" };
/** A monitor on the tap bridge whose number at home is 2. */
const moved = (name: string): ObservedPort => ({
  ...{
    name,
    nic: { ofport: 30002, ofportRequest: 30002 },
    port: { externalIds: { "taas-home": "2 - br-int" } },
  },
});
/** Somebody else's port with the number that the monitor had. */
const taker: ObservedPort = { name: "taker", nic: { ofport: 2 } };

function host(onTap: ObservedPort[], onIntegration: ObservedPort[]): Facts {
  const row = { externalIds: { "taas-renderer": "1" }, otherConfig: { "taas-generation": "5" } };
  return observed({ name: "br-tap", ports: onTap, row }, { name: "br-int", ports: onIntegration });
}

function draft(facts: Facts, claims: Claim[], edits: Edit[]) {
  const rejected: [string, unknown][] = [];
  const read = {
    claims: new Map(claims.map((claim) => [claim.owner, claim])),
    generation: 5,
    bridge: facts.bridges[0],
  };
  const reject = (edit: Edit, error: unknown) =>
    void rejected.push([edit.owner, (error as { code?: string }).code]);
  const { claims: after, desired } = outcomeOf({ record, read, facts, edits, now: Date.now(), reject });
  return {
    owners: [...after.keys()],
    rejected,
    moves: desired.placements.map(({ name, bridge }) => `${name} ${bridge}`),
  };
}

function put(claim: Claim): Edit {
  const { token, pending: _pending, writer, time, ...content } = claim;
  return putEdit({
    ...{ draft: content, token, mode: "create", adopt: false, replaced: undefined, mark: "pending" },
    ...{ previousOwner: undefined, elsewhere: [], host: "host1" },
  });
}

describe("a draft of a host", () => {
  const ids = service("ids", "tap-ids");
  const drop = deleteEdit(ids.owner, ids.token);

  it("moves the monitor of a deleted service back", () => {
    expect(draft(host([moved("tap-ids")], []), [ids], [drop])).to.deep.equal({
      ...{ owners: [], rejected: [], moves: ["tap-ids br-int"] },
    });
  });

  it("refuses to delete a service whose monitor's number was assigned to another port, and keeps it", () => {
    expect(draft(host([moved("tap-ids")], [taker]), [ids], [drop])).to.deep.equal({
      ...{ owners: [ids.owner], rejected: [[ids.owner, "ofport-taken"]], moves: ["tap-ids br-tap"] },
    });
  });

  it("refuses a change by which a service gives up such a monitor, and no other", () => {
    const facts = host([moved("tap-ids")], [taker, { name: "tap-new" }, { name: "tap-other" }]);
    const change = put({ ...ids, ports: ["tap-new"] } as Claim);
    const other = service("other", "tap-other");
    const done = draft(facts, [ids], [change, put(other)]);
    expect(done.rejected).to.deep.equal([[ids.owner, "ofport-taken"]]);
    expect(done.owners).to.have.members([ids.owner, other.owner]);
  });

  it("cleans up what a killed run of the stack left, and moves its monitor back", () => {
    const other = service("other", "tap-other");
    const facts = host([moved("tap-ids")], [{ name: "tap-other" }]);
    const done = draft(facts, [{ ...ids, ...pending } as Claim], [put(other)]);
    expect(done).to.deep.equal({
      owners: [other.owner],
      rejected: [],
      moves: ["tap-other br-tap", "tap-ids br-int"],
    });
  });

  it("keeps a leftover whose monitor cannot be moved back, and applies the edit", () => {
    const other = service("other", "tap-other");
    const facts = host([moved("tap-ids")], [taker, { name: "tap-other" }]);
    const done = draft(facts, [{ ...ids, ...pending } as Claim], [put(other)]);
    expect(done.rejected).to.deep.equal([]);
    expect(done.owners).to.have.members([ids.owner, other.owner]);
  });

  it("is not blocked by a monitor without a claim", () => {
    const other = service("other", "tap-other");
    const done = draft(host([moved("tap-ids")], [taker, { name: "tap-other" }]), [], [put(other)]);
    expect(done).to.deep.equal({ owners: [other.owner], rejected: [], moves: ["tap-other br-tap"] });
  });

  it("refuses to delete the last claim while a VM's port on the tap bridge has no bridge to move to", () => {
    const row = { externalIds: { "taas-renderer": "1" }, otherConfig: { "taas-generation": "5" } };
    const strayed = (...others: ObservedBridge[]) =>
      observed({ name: "br-tap", ports: [{ name: "tap-vm" }], row }, ...others);
    const done = draft(strayed(), [ids], [drop]);
    expect([done.rejected, done.owners]).to.deep.equal([[[ids.owner, "home-bridge-missing"]], [ids.owner]]);
    expect(draft(strayed({ name: "br-int", ports: [] }), [ids], [drop]).owners).to.deep.equal([]);
    expect(() => draft(strayed(), [], [])).to.throw(
      TaasError,
      /^host host1: .*port tap-vm .*br-int.*does not exist/,
    );
  });

  it("deletes a service with the longest owner key and leaves no claim", () => {
    const long = { ...ids, owner: `${STACK}/TapService/${"x".repeat(2032)}` } as Claim;
    expect(
      draft(host([moved("tap-ids")], []), [long], [deleteEdit(long.owner, long.token)]).owners,
    ).to.deep.equal([]);
  });

  it("gives up a monitor only when its last service does", () => {
    const second = service("second", "tap-ids");
    const done = draft(host([moved("tap-ids")], [taker]), [ids, second], [drop]);
    expect(done).to.deep.equal({ owners: [second.owner], rejected: [], moves: ["tap-ids br-tap"] });
  });
});
