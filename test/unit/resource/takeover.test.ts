import { expect } from "chai";
import { writer } from "../../../provider/converge/run";
import { tapService } from "../../../provider/resource/service";
import { memoryHosts } from "./memoryHosts";

const owner = "o/p/s/TapService/ids";

/** Creates a service where a claim of that name is, with other values in it. Resolves to the warnings. */
async function warningsOver(claim: Record<string, unknown>): Promise<string[]> {
  const warnings: string[] = [];
  const hosts = memoryHosts([{ name: "mon" }]);
  const context = { ...hosts, warn: (message: string) => void warnings.push(message) };
  const { inputs } = tapService.check(context, {}, { host: "host1", port: "mon", owner });
  await tapService.create(context, inputs);
  for (const [field, value] of Object.entries(claim)) hosts.rewrite("host1", owner, [field], value);
  const { outs } = await tapService.create(context, inputs);
  const { read } = await context.open({ name: "host1", address: "host1" }).look();
  expect(read.claims.get(owner)?.token).to.equal(outs.incarnation);
  return warnings;
}

describe("a create of what another run has claimed", () => {
  const other = { token: "theirs", writer: "alice@ci-7", time: new Date().toISOString() };
  const remedy = /the two undo each other's changes: give one of them another project or stack name$/;

  it("warns if the other has completed it", async () => {
    const [warning, ...more] = await warningsOver(other);
    expect(warning).to.include(`host host1: takes over the claim of ${owner}, written by alice@ci-7 at`);
    expect(warning).to.match(remedy);
    expect(more).to.deep.equal([]);
  });

  it("warns if the other has not completed it, and may still do so", async () => {
    const [warning, ...more] = await warningsOver({ ...other, pending: "another-run" });
    expect(warning).to.include(
      `host host1: takes over the claim of ${owner} as what a killed run left, written by alice@ci-7 at ${other.time}`,
    );
    expect(warning).to.match(remedy);
    expect(more).to.deep.equal([]);
  });

  it("says nothing if the same user's run was killed there", async () => {
    expect(await warningsOver({ ...other, pending: "another-run", writer: writer() })).to.deep.equal([]);
  });
});
