import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Desired } from "../../../provider/model/desired";
import { render } from "../../../provider/model/render";
import type { Facts } from "../../../provider/ovs/facts";
import { claim } from "../../../provider/schema/claim";
import { repositoryRoot } from "../../engine/fixtureProject";
import { type ObservedBridge, observed } from "./observed";

/** Claims as releases have written them, a host, and what they come to there. */
export interface Golden {
  renderer: number;
  tapBridge: string;
  bridges: ObservedBridge[];
  claims: { owner: string }[];
  expected: unknown;
}

/** The folder of the recorded claims. */
export const GOLDEN_FOLDER = join(repositoryRoot(), "test/unit/model/golden");

/** The names of its files. */
export const GOLDEN_FILES = readdirSync(GOLDEN_FOLDER).filter((name) => name.endsWith(".json"));

export function readGolden(file: string): Golden {
  return JSON.parse(readFileSync(join(GOLDEN_FOLDER, file), "utf8"));
}

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

/** What a host's claims come to, once its rows are there. */
export function renderGolden(golden: Golden): { desired: Desired; facts: Facts } {
  const parsed = golden.claims.map((one) => claim.parse(one));
  const claims = new Map(parsed.map((one) => [one.owner, one]));
  const first = render(claims, observed(...golden.bridges), golden.tapBridge);
  const facts = made(golden, first);
  return { desired: render(claims, facts, golden.tapBridge), facts };
}
