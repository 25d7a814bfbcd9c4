import { expect } from "chai";
import type { HostAccess } from "../../../provider/converge/access";
import { deleteEdit } from "../../../provider/converge/edit";
import type { Intent } from "../../../provider/converge/intent";
import type { Look } from "../../../provider/converge/look";
import { leaving } from "../../../provider/converge/prepare";
import { reconcile } from "../../../provider/converge/reconcile";
import { nameOf } from "../../../provider/host/script";
import { readClaims } from "../../../provider/model/readClaims";
import { render } from "../../../provider/model/render";
import type { Facts } from "../../../provider/ovs/facts";
import { planHost } from "../../../provider/plan/host";
import { type Claim, claim as claimSchema } from "../../../provider/schema/claim";
import { type ObservedPort, observed } from "../model/observed";

const record = { name: "host1", address: "host1" };
const ours = (name: string): ObservedPort => ({ name, port: { externalIds: { taas: "1" } } });
const web = { name: "tap-web" };
const ROWS = [
  { name: "br-int", ports: [web, ours("mo-0123456789ab")] },
  { name: "br-tun", ports: [ours("mx-0123456789ab")] },
  { name: "br-ex", ports: [{ name: "eth0" }] },
];
const COOKIE = "0x7a700123456789ab";

function lookAt(facts: Facts): Look {
  return {
    record,
    facts,
    read: readClaims(facts, "br-tap", "host1"),
    bootId: "",
    now: Number.NEGATIVE_INFINITY,
  };
}

/** A host that has rows, and one rule of ours on br-int; `steps`: what is done there. */
function hostWith(facts: Facts, after: Facts) {
  const steps: string[] = [];
  const rule = ` cookie=${COOKIE}, duration=1s, table=0, n_packets=0, n_bytes=0, priority=65535,in_port=2 actions=output:1\n`;
  const access = {
    record,
    timeoutMs: 1000,
    replica: { latest: async () => facts, read: async () => after, applied: async () => after },
    ovsdb: {
      transact: async (operations: { op: string; table: string }[]) => {
        steps.push(`transact ${operations.map(({ op, table }) => `${op} ${table}`).join(", ")}`);
        return operations.map(() => ({ rows: [{ next_cfg: 2 }] }));
      },
    },
    run: async (command: Parameters<HostAccess["run"]>[0]) => {
      const words = "text" in command ? command.words : command;
      steps.push(`${nameOf(command)} ${words.join(" ")}`);
      const isDump = words.includes("dump-flows");
      const stdout = isDump ? (words.includes("br-int") ? rule : "") : "done\n";
      return { exitCode: 0, stdout, stderr: "" };
    },
    requireRights: async () => {},
  } as unknown as HostAccess;
  return { access, steps };
}

describe("a host whose tap bridge somebody has deleted", () => {
  it("is updated by a delete if it has anything of ours, and else left alone", () => {
    const intent = { mode: "delete", token: "t" } as Intent;
    const mirror = { name: "taas-0123456789ab", externalIds: { taas: "1" } };
    const noted = { name: "web", port: { externalIds: { "taas-home": "2 - br-int" } } };
    const bare = observed({ name: "br-int", ports: [web] });
    const leaves = (facts: Facts) => leaving(intent, [lookAt(facts)], []).length === 1;
    expect(leaves(observed(...ROWS)), "ports").to.equal(true);
    expect(leaves({ ...bare, mirrors: { m: mirror } as unknown as Facts["mirrors"] }), "a Mirror").to.equal(
      true,
    );
    expect(leaves(observed({ name: "br-int", ports: [noted] })), "a note").to.equal(true);
    const opened = { name: "web", port: { externalIds: { "taas-ageing": "qbr 30000 qvb 0" } } };
    expect(leaves(observed({ name: "br-int", ports: [opened] })), "a Linux bridge's note").to.equal(true);
    expect(leaves(bare), "nothing").to.equal(false);
    const labelled = { name: "acl", port: { externalIds: { taas: "1" } } };
    expect(leaves(observed({ name: "br-int", ports: [labelled] })), "a label of others").to.equal(false);
  });

  it("loses our rules on other bridges, then our ports there", async () => {
    const after = observed({ name: "br-int", ports: [web] }, { name: "br-tun", ports: [] }, ROWS[2]!);
    const { access, steps } = hostWith(observed(...ROWS), after);
    const refuse = (_: unknown, error: unknown) => expect.fail(String(error));
    await reconcile(access, [deleteEdit("o/p/s/TapFlow/web", "t")], refuse);
    const asked = steps.filter((step) => step.includes("dump-flows"));
    expect(asked.map((step) => /dump-flows (\S+)/.exec(step)![1]).sort()).to.deep.equal(["br-int", "br-tun"]);
    const [deleted, written] = steps.filter((step) => !asked.includes(step));
    expect(deleted).to.include(`del-flows cookie=${COOKIE}/-1,priority=65535,table=0,in_port=2`);
    expect(written).to.match(/^transact wait Bridge, mutate Bridge, mutate Bridge, mutate Open_vSwitch/);
  });

  it("records with its next claim where rules of ours may be left", () => {
    const facts = observed(...ROWS);
    const { read } = lookAt(facts);
    const claim = claimSchema.parse({
      ...{
        format: 1,
        kind: "service",
        owner: "o/p/other/TapService/ids",
        token: "t",
        writer: "w",
        time: "2026",
      },
      ...{ tunnelId: 7, ports: ["tap-ids"], attachment: "tap-bridge", integrationBridge: "br-int" },
    });
    const claims = new Map<string, Claim>([[claim.owner, claim]]);
    const [before, desired] = [read.claims, claims].map((some) => render(some, facts, "br-tap"));
    const { operations } = planHost({
      ...{ read, claims, before: before!, desired: desired!, facts, tapBridge: "br-tap" },
      ...{ integrationBridge: "br-int", renewals: new Map(), bridges: new Map() },
    });
    expect(JSON.stringify(operations)).to.include('["taas-foreign-bridges","br-int br-tun"]');
  });

  it("is not one whose tap bridge has lost its mark while the host names another: its claims still apply", () => {
    const externalIds = { "taas:o/p/s/TapFlow/web": "{}" };
    const row = { externalIds, otherConfig: { "taas-generation": "4" } };
    const facts = observed(...ROWS, { name: "br-tap", ports: [], row });
    expect(() => readClaims(facts, "br-copies", "host1")).to.throw(/tap bridge of this machine is br-tap/);
  });
});
