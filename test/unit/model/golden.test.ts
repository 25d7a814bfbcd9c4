import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Desired } from "../../../provider/model/desired";
import { RENDERER } from "../../../provider/model/readClaims";
import { render } from "../../../provider/model/render";
import type { Facts } from "../../../provider/ovs/facts";
import { flowText, portNumbers, rulesText, ruleText } from "../../../provider/plan/flowText";
import { claim } from "../../../provider/schema/claim";
import { repositoryRoot } from "../../engine/fixtureProject";
import { type ObservedBridge, observed } from "./observed";

/** Claims as releases have written them, a host, and what they come to there. */
interface Golden {
  renderer: number;
  tapBridge: string;
  bridges: ObservedBridge[];
  claims: { owner: string }[];
  expected: unknown;
}

const folder = join(repositoryRoot(), "test/unit/model/golden");
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));

/** The host once the rows are there: our ports, by name, are numbered from 101 on; monitors are where they belong. */
function made(golden: Golden, desired: Desired): Facts {
  const moved = new Set(desired.placements.map(({ name }) => name));
  const names = desired.ports.map(({ name }) => name).sort();
  const tap: ObservedBridge = { name: golden.tapBridge, ports: [] };
  const bridges = [...golden.bridges, tap].map(({ name, ports }) => ({
    name,
    ports: [
      ...ports.filter((port) => !moved.has(port.name)),
      ...desired.placements.filter(({ bridge }) => bridge === name).map((one) => ({ name: one.name })),
      ...desired.ports
        .filter(({ bridge }) => bridge === name)
        .map(({ name: own, type, options }) => ({
          name: own,
          port: { tag: undefined },
          nic: { type, options, ofport: 101 + names.indexOf(own) },
        })),
    ],
  }));
  return observed(...bridges);
}

/** What a host's claims come to, in words. */
function rendered(golden: Golden): unknown {
  const parsed = golden.claims.map((one) => claim.parse(one));
  const claims = new Map(parsed.map((one) => [one.owner, one]));
  const first = render(claims, observed(...golden.bridges), golden.tapBridge);
  const facts = made(golden, first);
  const desired = render(claims, facts, golden.tapBridge);
  const names = Object.fromEntries(Object.values(facts.ports).map(({ uuid, name }) => [uuid, name]));
  return {
    problems: desired.problems.map(({ owner, message }) => `${owner}: ${message}`),
    ports: desired.ports.map(({ name, bridge, type, options, vlans }) =>
      [bridge, name, type, JSON.stringify(options), vlans].join(" "),
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
    flows: flowText(rulesText(desired, facts, golden.tapBridge), 7)
      .trimEnd()
      .split("\n"),
  };
}

describe("claims that were written before", () => {
  for (const file of files) {
    it(`still come to the same: ${file}`, () => {
      const path = join(folder, file);
      const golden = JSON.parse(readFileSync(path, "utf8")) as Golden;
      if (process.env.TAAS_WRITE_GOLDEN === "1") {
        const now = { ...golden, renderer: RENDERER, expected: rendered(golden) };
        writeFileSync(path, `${JSON.stringify(now, null, 2)}\n`);
      }
      const stored = JSON.parse(readFileSync(path, "utf8")) as Golden;
      const advice = "Hosts would be rendered anew: raise RENDERER, then run once with TAAS_WRITE_GOLDEN=1";
      expect(rendered(stored), advice).to.deep.equal(stored.expected);
      expect(stored.renderer, advice).to.equal(RENDERER);
    });
  }

  it("are of every kind", () => {
    expect(files).to.have.members(["monitors.json", "sources.json", "treatments.json"]);
  });
});
