import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { repositoryRoot } from "../engine/fixtureProject";

const PRINT = `
const { sampleOf } = require(${JSON.stringify(join(repositoryRoot(), "dist/test/sample.js"))});
console.log(JSON.stringify(sampleOf(Array.from({ length: 100 }, (_, index) => index), 10)));
`;

describe("a sample of a long series", () => {
  const sample = async (env: Record<string, string>): Promise<number[]> => {
    const { stdout } = await execa("node", ["-e", PRINT], { env: { TAAS_SAMPLE: undefined, ...env } });
    return JSON.parse(stdout) as number[];
  };

  it("is one of each tenth of it, the same with the same seed and another with another", async () => {
    const [first, again, other] = await Promise.all(
      ["1", "1", "2"].map((seed) => sample({ TAAS_SEED: seed })),
    );
    expect(first!.map((one) => Math.floor(one / 10))).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(again).to.deep.equal(first);
    expect(other).not.to.deep.equal(first);
  });

  it("is as large as the environment says", async () => {
    const [few, all] = await Promise.all(["3", "all"].map((count) => sample({ TAAS_SAMPLE: count })));
    expect(few).to.have.length(3);
    expect(all).to.have.length(100);
  });
});
