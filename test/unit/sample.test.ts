import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { repositoryRoot } from "../engine/fixtureProject";

const PRINT = `
const { sampleOf } = require(${JSON.stringify(join(repositoryRoot(), "dist/test/sample.js"))});
const cases = Array.from({ length: 100 }, (_, index) => index);
console.log(JSON.stringify(sampleOf(cases, 10, ...process.argv.slice(1).map(Number))));
`;

describe("a sample of a long series", () => {
  const sample = async (env: Record<string, string>, ...whole: string[]): Promise<number[]> => {
    const { stdout } = await execa("node", ["-e", PRINT, ...whole], {
      env: { TAAS_SAMPLE: undefined, ...env },
    });
    return JSON.parse(stdout) as number[];
  };

  it("has one of each tenth of it, the same with the same seed and another with another", async () => {
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
    expect(await sample({ TAAS_SAMPLE: "all" }, "30")).to.have.length(30);
    expect(await sample({ TAAS_SAMPLE: "1000" }, "30")).to.deep.equal(all);
  });
});
