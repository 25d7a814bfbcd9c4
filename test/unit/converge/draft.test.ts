import { expect } from "chai";
import { outcomeOf } from "../../../provider/converge/draft";
import { deleteEdit, type Edit, putEdit } from "../../../provider/converge/edit";
import { TaasError } from "../../../provider/errors";
import type { Facts } from "../../../provider/ovs/facts";
import type { Claim } from "../../../provider/schema/claim";
import { type ObservedPort, observed } from "../model/observed";

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
const moved = (name: string, bridge = "br-int"): ObservedPort => ({
  ...{
    name,
    nic: { ofport: 30002, ofportRequest: 30002 },
    port: { externalIds: { "taas-home": `2 - ${bridge}` } },
  },
});
/** One whose bridge is gone. */
const stranded = (name: string) => moved(name, "br-gone");
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

  it("moves it back too if its number was assigned to another port", () => {
    expect(draft(host([moved("tap-ids")], [taker]), [ids], [drop])).to.deep.equal({
      ...{ owners: [], rejected: [], moves: ["tap-ids br-int"] },
    });
  });

  it("refuses to delete a service whose monitor's bridge is gone, and keeps it", () => {
    expect(draft(host([stranded("tap-ids")], []), [ids], [drop])).to.deep.equal({
      ...{ owners: [ids.owner], rejected: [[ids.owner, "home-bridge-missing"]], moves: ["tap-ids br-tap"] },
    });
  });

  it("refuses a change by which a service gives up such a monitor, and no other", () => {
    const facts = host([stranded("tap-ids")], [{ name: "tap-new" }, { name: "tap-other" }]);
    const change = put({ ...ids, ports: ["tap-new"] } as Claim);
    const other = service("other", "tap-other");
    const done = draft(facts, [ids], [change, put(other)]);
    expect(done.rejected).to.deep.equal([[ids.owner, "home-bridge-missing"]]);
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
    const facts = host([stranded("tap-ids")], [{ name: "tap-other" }]);
    const done = draft(facts, [{ ...ids, ...pending } as Claim], [put(other)]);
    expect(done.rejected).to.deep.equal([]);
    expect(done.owners).to.have.members([ids.owner, other.owner]);
  });

  it("is not blocked by a monitor without a claim", () => {
    const other = service("other", "tap-other");
    const done = draft(host([stranded("tap-ids")], [{ name: "tap-other" }]), [], [put(other)]);
    expect(done).to.deep.equal({ owners: [other.owner], rejected: [], moves: ["tap-other br-tap"] });
  });

  describe("that deletes the last claim", () => {
    const row = { externalIds: { "taas-renderer": "1" }, otherConfig: { "taas-generation": "5" } };
    const withOn = (...ports: ObservedPort[]) =>
      observed({ name: "br-tap", ports, row }, { name: "br-int", ports: [] });
    const hypervisors = { name: "vnet9", nic: { externalIds: { "iface-id": "other" } } };
    const web = {
      ...{ format: 1, kind: "flow", owner: `${STACK}/TapFlow/web`, token: "token-web", writer: "w" },
      ...{ time: new Date().toISOString(), service: ids.owner, tunnelId: 105, destination: "m" },
      source: { port: "tap-web", integrationBridge: "br-int" },
    } as unknown as Claim;
    const IN_USE = "tap-bridge-in-use";

    const ports: [string, ObservedPort][] = [
      ["a VM's port that its hypervisor attached there", hypervisors],
      ["one that is its monitor", { name: "tap-ids", nic: { externalIds: { "iface-id": "ids" } } }],
      ["a port without ids, such as a network card, that was moved there by hand", { name: "eth3" }],
    ];
    for (const [what, port] of ports) {
      it(`is refused with ${what} on the tap bridge`, () => {
        const done = draft(withOn(port), [ids], [drop]);
        expect([done.rejected, done.owners]).to.deep.equal([[[ids.owner, IN_USE]], [ids.owner]]);
      });
    }

    it("deletes with the bridge what can be no VM's, and what was created for one", () => {
      const tunnel = { name: "theirs", nic: { type: "vxlan" } };
      const socket = {
        ...{ name: "mp1", nic: { type: "dpdkvhostuserclient" } },
        port: { externalIds: { taas: "1" } },
      };
      expect(draft(withOn(tunnel, socket), [ids], [drop])).to.deep.include({ owners: [], rejected: [] });
    });

    it("refuses, of several edits, one that deletes no flow, so that copies end", () => {
      const edits = [drop, deleteEdit(web.owner, web.token)];
      const done = draft(withOn(hypervisors), [ids, web], edits);
      expect([done.rejected, done.owners]).to.deep.equal([[[ids.owner, IN_USE]], [ids.owner]]);
      const leftover = { ...web, ...pending } as Claim;
      expect(draft(withOn(hypervisors), [ids, leftover], [drop]).rejected).to.deep.equal([
        [ids.owner, IN_USE],
      ]);
    });

    it("refuses none whose claim is already gone, beside one that deletes a claim", () => {
      const edits = [deleteEdit(web.owner, web.token), drop];
      for (const all of [edits, [...edits].reverse()]) {
        expect(draft(withOn(hypervisors), [ids], all).rejected).to.deep.equal([[ids.owner, IN_USE]]);
        const gone = [deleteEdit(`${STACK}/TapService/gone`, "gone"), ...all];
        expect(draft(withOn(hypervisors), [web], gone).rejected).to.deep.equal([[web.owner, IN_USE]]);
      }
    });

    it("is refused under whichever owner key, and where somebody has removed the claim by hand", () => {
      const renamed = { ...ids, owner: `${STACK}/TapService/renamed` } as Claim;
      const edit = { ...deleteEdit(renamed.owner, ids.token), owner: ids.owner };
      expect(draft(withOn(hypervisors), [renamed], [edit]).rejected).to.deep.equal([[ids.owner, IN_USE]]);
      expect(() => draft(withOn(hypervisors), [], [drop])).to.throw(
        TaasError,
        /^host host1: bridge br-tap cannot be deleted with its last claim: port vnet9 is still attached/,
      );
    });

    it("is no deletion of the last one beside an edit that is refused for itself", () => {
      const gone = host([stranded("tap-ids"), hypervisors], []);
      expect(draft(gone, [ids], [drop]).rejected).to.deep.equal([[ids.owner, "home-bridge-missing"]]);
    });
  });

  it("deletes a service with the longest owner key and leaves no claim", () => {
    const long = { ...ids, owner: `${STACK}/TapService/${"x".repeat(2032)}` } as Claim;
    expect(
      draft(host([moved("tap-ids")], []), [long], [deleteEdit(long.owner, long.token)]).owners,
    ).to.deep.equal([]);
  });

  it("gives up a monitor only when its last service does", () => {
    const second = service("second", "tap-ids");
    const done = draft(host([stranded("tap-ids")], []), [ids, second], [drop]);
    expect(done).to.deep.equal({ owners: [second.owner], rejected: [], moves: ["tap-ids br-tap"] });
  });
});
