import { expect } from "chai";
import { cleanUp, otherEnds } from "../../../provider/converge/leftovers";
import type { Look } from "../../../provider/converge/look";
import { type Claim, claim as claimSchema } from "../../../provider/schema/claim";

const base = { format: 1, token: "t", writer: "w", time: "2026-01-02T03:04:05.678Z" };
const elsewhere = [{ machine: "m2", host: { name: "host2", address: "192.0.2.2" } }];

function claimed(fields: object): Claim {
  return claimSchema.parse({ ...base, owner: "o/p/s/MirrorTunnel/mesh", elsewhere, ...fields });
}

const source = { port: "web", integrationBridge: "br-int" };

describe("what a host says of a capture", () => {
  it("leads to no other host, where what it says of other resources does", () => {
    const service = claimed({ kind: "service", tunnelId: 7, ports: ["ids"], integrationBridge: "br-int" });
    expect(otherEnds(service)).to.deep.equal(elsewhere);
    expect(otherEnds(claimed({ kind: "capture", source }))).to.deep.equal([]);
  });

  it("has a claim deleted on that host alone, whoever's key and token it has", async () => {
    const deleted: string[] = [];
    const record = { name: "host1", address: "192.0.2.1" };
    const reach = {
      open: ({ name }: { name: string }) => ({ submit: async () => deleted.push(name) }),
      claimedHost: async (host: unknown) => host,
      warn: (message: string) => expect.fail(message),
    } as never;
    const seen = { record, facts: { machine: "m1" } } as unknown as Look;
    await cleanUp(reach, [{ seen, claim: claimed({ kind: "capture", source }) }]);
    expect(deleted).to.deep.equal(["host1"]);
  });
});
