import { expect } from "chai";
import { readClaims } from "../../../provider/model/readClaims";
import { render } from "../../../provider/model/render";
import type { Claim } from "../../../provider/schema/claim";
import { processorTime } from "../../processorTime";
import { observed } from "./observed";

const marks = { externalIds: { "taas-renderer": "1" }, otherConfig: { "taas-generation": "3" } };
const host = (mac: string) =>
  observed(
    { name: "br-int", ports: [{ name: "tap-web", nic: { macInUse: mac } }] },
    { name: "br-tap", ports: [], row: marks },
  );

describe("the rendering of a host", () => {
  it("is computed once while host and claims are the same", () => {
    const facts = host("02:00:00:00:00:01");
    const [first, second] = [1, 2].map(() => readClaims(facts, "br-tap", "host1"));
    expect(render(second!.claims, facts, "br-tap")).to.equal(render(first!.claims, facts, "br-tap"));
  });

  it("is computed again for another host, other claims or another bridge", () => {
    const facts = host("02:00:00:00:00:01");
    const { claims } = readClaims(facts, "br-tap", "host1");
    const desired = render(claims, facts, "br-tap");
    expect(render(claims, host("02:00:00:00:00:02"), "br-tap")).not.to.equal(desired);
    expect(render(new Map(claims), facts, "br-tap")).not.to.equal(desired);
    expect(render(claims, facts, "br-copies")).not.to.equal(desired);
  });

  it("takes time in proportion to the hosts that copies come from, not to their square", () => {
    const facts = host("02:00:00:00:00:01");
    const written = { format: 1, kind: "flow", token: "t", writer: "w", time: "2026", tunnelId: 7 };
    const arriving = (index: number) => {
      const remote = `10.0.${index >> 8}.${index & 255}`;
      const peer = { machine: `machine ${index}`, name: `host${index}`, local: "192.0.2.1", remote };
      const owner = `o/p/s/TapFlow/${index}`;
      return { ...written, owner, service: "o/p/s/TapService/ids", destination: facts.machine, peer };
    };
    const claims = Array.from({ length: 2000 }, (_, index) => arriving(index) as unknown as Claim);
    /** The least processor time of several renderings. */
    const timeOf = (count: number) => {
      const times = Array.from({ length: 3 }, () => {
        const some = new Map(claims.slice(0, count).map((claim) => [claim.owner, claim]));
        return processorTime(() => expect(render(some, facts, "br-tap").ports).to.have.length(count));
      });
      return Math.min(...times);
    };
    // 8 times as many: in proportion that is 8 times the time, by the square 64 times.
    expect(timeOf(2000) / timeOf(250)).to.be.lessThan(25);
  });
});
