import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { RENDERER } from "../../../provider/model/readClaims";
import { flowText, ruleText } from "../../../provider/plan/flowText";
import { tapRules } from "../../../provider/plan/numberRules";
import { portNumbers } from "../../../provider/plan/portNumbers";
import { GOLDEN_FILES, GOLDEN_FOLDER, type Golden, readGolden, renderGolden } from "./goldenHost";

/** What a host's claims come to, in words. */
function rendered(golden: Golden): unknown {
  const { desired, facts } = renderGolden(golden);
  const names = Object.fromEntries(Object.values(facts.ports).map(({ uuid, name }) => [uuid, name]));
  return {
    problems: desired.problems.map(({ owner, message }) => `${owner}: ${message}`),
    ports: desired.ports.map(({ name, bridge, type, options, device, vlans }) =>
      [bridge, name, type, JSON.stringify(options), ...(device ? [JSON.stringify(device)] : []), vlans].join(
        " ",
      ),
    ),
    mirrors: desired.mirrors.map(({ name, bridge, selectSrcPort, selectDstPort, output }) => {
      const listed = (ports: string[]) =>
        ports
          .map((port) => names[port])
          .sort()
          .join("+");
      return `${bridge} ${name} src=${listed(selectSrcPort)} dst=${listed(selectDstPort)} output=${output}`;
    }),
    meters: desired.meters.map(({ inPort, unit, rate, burst }) => `${inPort} ${unit} ${rate} ${burst}`),
    foreignRules: desired.foreignRules.map(
      (rule) => `${rule.bridge} ${ruleText(rule, portNumbers(facts, rule.bridge))}`,
    ),
    flows: flowText(tapRules(desired, facts, golden.tapBridge, 7))
      .trimEnd()
      .split("\n"),
  };
}

describe("claims that were written before", () => {
  for (const file of GOLDEN_FILES) {
    it(`still result in the same: ${file}`, () => {
      const golden = readGolden(file);
      if (process.env.TAAS_WRITE_GOLDEN === "1") {
        const now = { ...golden, renderer: RENDERER, expected: rendered(golden) };
        writeFileSync(join(GOLDEN_FOLDER, file), `${JSON.stringify(now, null, 2)}\n`);
      }
      const stored = readGolden(file);
      const advice = "Hosts would be rendered anew: raise RENDERER, then run once with TAAS_WRITE_GOLDEN=1";
      expect(rendered(stored), advice).to.deep.equal(stored.expected);
      expect(stored.renderer, advice).to.equal(RENDERER);
    });
  }

  it("are of every kind", () => {
    expect(GOLDEN_FILES).to.have.members([
      "monitorPorts.json",
      "monitors.json",
      "sources.json",
      "treatments.json",
    ]);
  });
});
