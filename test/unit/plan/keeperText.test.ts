import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { render } from "../../../provider/model/render";
import { keeperText } from "../../../provider/plan/keeperText";
import { claim } from "../../../provider/schema/claim";
import { repositoryRoot } from "../../engine/fixtureProject";
import { type ObservedBridge, observed } from "../model/observed";

const root = join(repositoryRoot(), "test/unit");

/** The claims and the host of a golden file, with the tap bridge beside it. */
function textOf(
  name: string,
  change: (bridges: ObservedBridge[]) => ObservedBridge[] = (same) => same,
): string {
  const golden = JSON.parse(readFileSync(join(root, "model/golden", `${name}.json`), "utf8")) as {
    tapBridge: string;
    bridges: ObservedBridge[];
    claims: object[];
  };
  const parsed = golden.claims.map((one) => claim.parse(one));
  const claims = new Map(parsed.map((one) => [one.owner, one]));
  const facts = observed(...change([...golden.bridges, { name: golden.tapBridge, ports: [] }]));
  const bridge = facts.bridges.find((one) => one.name === golden.tapBridge)!;
  return keeperText(render(claims, facts, golden.tapBridge), facts, { bridge, generation: 7 });
}

describe("what a keeper is given", () => {
  for (const name of ["monitors", "sources", "treatments"]) {
    it(`is unchanged for the claims of ${name}.json`, () => {
      const path = join(root, "plan/keeper", `${name}.txt`);
      if (process.env.TAAS_WRITE_GOLDEN === "1") writeFileSync(path, textOf(name));
      expect(textOf(name)).to.equal(readFileSync(path, "utf8"));
    });

    it(`does not depend on the ports' rows and numbers: ${name}.json`, () => {
      const renumbered = textOf(name, (bridges) =>
        bridges.map(({ ports, ...bridge }) => ({
          ...bridge,
          ports: ports.map((port, index) => ({ ...port, nic: { ...port.nic, ofport: 500 + index } })),
        })),
      );
      expect(renumbered).to.equal(textOf(name));
    });

    it(`has every symbol that it uses, each known before its use, and a last line: ${name}.json`, () => {
      const lines = textOf(name).split("\n");
      expect(lines.slice(-2)).to.deep.equal(["end", ""]);
      const known = new Set<string>();
      for (const line of lines) {
        const [word, symbol] = line.split("\t");
        if (word === "port") known.add(symbol!);
        for (const [, used] of line.matchAll(/@x?(\d+)@/g)) expect([...known]).to.include(used);
      }
    });
  }
});
