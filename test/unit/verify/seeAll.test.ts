import { expect } from "chai";
import type { Host } from "../../../provider/converge/host";
import type { Look } from "../../../provider/converge/look";
import { TaasError } from "../../../provider/errors";
import type { Context } from "../../../provider/resource/context";
import { seeAll } from "../../../provider/verify/see";
import { observed } from "../model/observed";
import { twoHosts } from "./twoHosts";

const record = (name: string) => ({ name, address: name });
const { source: end, destination: far } = twoHosts();
const elsewhere = [{ machine: "machine-host2", host: record("host2") }];
const claims = new Map([[end.claim.owner, { ...end.claim, elsewhere }]]);
const source: Look = { ...end.view.look, read: { ...end.view.look.read, claims } };
const destination = far.view.look;

function empty(name: string, machine: string, systemId: string): Look {
  const externalIds = { hostname: name, "system-id": systemId };
  const read = { claims: new Map(), generation: 0, bridge: undefined };
  return {
    record: { name, address: name },
    bootId: "",
    facts: { ...observed({ name: "br-int", ports: [] }), machine, externalIds },
    read,
    now: 0,
  };
}

/** Hosts by what is seen of them, under the names by which they are asked for and by which claims lead to them. */
function contextOf(looks: Record<string, Look>): Context {
  const open = ({ name, address }: { name: string; address: string }): Partial<Host> => ({
    look: async () => ({ ...(looks[name] ?? looks[address])!, record: { name, address } }),
  });
  return { open, claimedHost: async (claimed: unknown) => claimed } as unknown as Context;
}

describe("the hosts that taps are looked for on", () => {
  it("are those that were named, and those at the other ends of their taps", async () => {
    const seen = await seeAll(contextOf({ host1: source, host2: destination }), [record("host1")]);
    expect([...seen.hosts.keys()]).to.deep.equal(["machine-host1", "machine-host2"]);
    expect([...seen.named]).to.deep.equal(["machine-host1"]);
  });

  it("are one where one machine is named twice", async () => {
    const one = empty("a", "m", "id-1");
    const seen = await seeAll(contextOf({ a: one, b: one }), [record("a"), record("b")]);
    expect([...seen.hosts.keys()]).to.deep.equal(["m"]);
    expect(seen.unseen).to.deep.equal([]);
  });

  it("are not those that cannot be reached or are declared gone, and the reason has a code", async () => {
    const error = new TaasError("cannot reach it", { code: "unreachable", host: "down" });
    const open = () => ({ look: () => Promise.reject(error) });
    const gone = { ...record("old"), gone: true };
    const seen = await seeAll({ open } as unknown as Context, [record("down"), gone]);
    expect(seen.unseen).to.deep.equal([
      { host: "down", reason: "host down: cannot reach it", code: "unreachable" },
      { host: "old", reason: "host old is declared gone", code: "host-gone" },
    ]);
  });

  it("are none of two machines that have one database, made from one disk image", async () => {
    const looks = { a: empty("a", "m", "id-1"), b: empty("b", "m", "id-2"), c: empty("c", "n", "id-3") };
    const seen = await seeAll(contextOf(looks), ["a", "b", "c"].map(record));
    expect([...seen.hosts.keys()]).to.deep.equal(["n"]);
    expect(seen.unseen.map(({ host }) => host)).to.deep.equal(["a", "b"]);
    for (const { reason } of seen.unseen)
      expect(reason).to.match(/^host b: its Open vSwitch has a copy of the database of host a .*conf\.db/);
    expect(seen.missing.get("m")!.reason).to.equal(seen.unseen[0]!.reason);
  });

  it("are none of two such machines that another's taps lead to, either", async () => {
    const [a, b] = ["id-1", "id-2"].map((id) => empty(id, "machine-host2", id)) as [Look, Look];
    const looks = { host1: source, host2: a, b };
    const seen = await seeAll(contextOf(looks), ["host1", "host2", "b"].map(record));
    expect([...seen.hosts.keys()]).to.deep.equal(["machine-host1"]);
    expect(seen.missing.has("machine-host2")).to.equal(true);
  });

  it("are not those that have come in the place of others since", async () => {
    const rebuilt = empty("host2", "machine-new", "id-9");
    const seen = await seeAll(contextOf({ host1: source, host2: rebuilt }), [record("host1")]);
    expect([...seen.hosts.keys()]).to.deep.equal(["machine-host1"]);
    expect(seen.missing.get("machine-host2")).to.deep.equal({
      host: "host2",
      reason:
        "host host2 is another machine than the claim says, whose Open vSwitch has the _uuid machine-host2",
    });
  });
});
