import { expect } from "chai";
import type { Edit } from "../../../provider/converge/edit";
import { reconcile } from "../../../provider/converge/reconcile";
import type { Claim } from "../../../provider/schema/claim";
import { ContendedHost, capped, free, kept, serviceClaim, sharedFlow } from "./contendedHost";
import { drop, put } from "./edits";
import { testEveryInterleaving } from "./everyInterleaving";

describe("a rule of ours on another bridge", function () {
  this.timeout(60_000);
  let host: ContendedHost;

  before(async () => {
    host = await ContendedHost.start();
  });
  after(() => host?.stop());

  it("whose place somebody else's has concerns only the resource that needs it", async () => {
    const [own, other] = [serviceClaim("old", 8, "mon2"), serviceClaim("new", 9, "mon3")];
    const errors = async (...edits: Edit[]) => {
      const refused: unknown[] = [];
      await reconcile(await host.accessOf(free), edits, (edit, error) => {
        refused.push([edit.owner, (error as { code?: string }).code]);
      });
      return refused;
    };
    expect(await errors(put(own))).to.deep.equal([]);
    const ours = await host.ovs.ofctl("dump-flows", "br-int", "cookie=0x7a70000000000000/0xffff000000000000");
    const place = `priority=65535,in_port=${/in_port="?([^" ,]+)/.exec(ours)![1]}`;
    await host.ovs.ofctl("add-flow", "br-int", `cookie=0xabc,${place},actions=drop`);
    expect(await errors(put(other))).to.deep.equal([]);
    expect(await errors(put(kept), drop(other))).to.deep.equal([]);
    expect(await errors(put({ ...own, description: "changed" }))).to.deep.equal([[own.owner, "flow-taken"]]);
    expect(await host.wrongRules()).to.have.length(1);
    expect(await host.ovs.ofctl("dump-flows", "br-int", "cookie=0xabc/-1")).to.match(/actions=drop/);
    expect(
      await errors(put({ ...own, attachment: "tap-bridge" } as Claim)),
      "needs it no more",
    ).to.deep.equal([]);
    expect(await host.wrongRules()).to.deep.equal([]);
    expect(await errors(drop(own), drop(kept))).to.deep.equal([]);
    await host.ovs.ofctl("--strict", "del-flows", "br-int", place);
  });
});

testEveryInterleaving("rules and meters end as the claims say", {
  start: [kept, serviceClaim("old", 8, "mon2")],
  writers: [
    [put(serviceClaim("new", 9, "mon3"))],
    [drop(serviceClaim("old", 8, "mon2"))],
    [put(sharedFlow("shared", 7)), put(capped)],
  ],
  end: ["new", "kept", "shared", "capped"],
});
