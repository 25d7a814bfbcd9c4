import { expect } from "chai";
import { readClaims } from "../../../provider/model/readClaims";
import { render } from "../../../provider/model/render";
import { observed } from "./observed";

const marks = { externalIds: { "taas-renderer": "1" }, otherConfig: { "taas-generation": "3" } };
const host = (mac: string) =>
  observed(
    { name: "br-int", ports: [{ name: "tap-web", nic: { macInUse: mac } }] },
    { name: "br-tap", ports: [], row: marks },
  );

describe("what is rendered", () => {
  it("is rendered once for all who ask while host and claims are the same", () => {
    const facts = host("02:00:00:00:00:01");
    const [first, second] = [1, 2].map(() => readClaims(facts, "br-tap", "host1"));
    expect(render(second!.claims, facts, "br-tap")).to.equal(render(first!.claims, facts, "br-tap"));
  });

  it("is rendered anew from another host, other claims or another bridge", () => {
    const facts = host("02:00:00:00:00:01");
    const { claims } = readClaims(facts, "br-tap", "host1");
    const desired = render(claims, facts, "br-tap");
    expect(render(claims, host("02:00:00:00:00:02"), "br-tap")).not.to.equal(desired);
    expect(render(new Map(claims), facts, "br-tap")).not.to.equal(desired);
    expect(render(claims, facts, "br-copies")).not.to.equal(desired);
  });
});
