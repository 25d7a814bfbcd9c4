import { expect } from "chai";
import type { Kept } from "../../driver/kept";
import { type Lab, startLab } from "../../lab/lab";
import { limitOf, sampleOf } from "../../sample";
import { type Stored, storedClaims } from "../lifecycle/storedClaims";
import { createEstate, ESTATE } from "./estate";

/** Leaves of the usual sample. */
const SAMPLE = 24;

/** Says who wrote a claim and when, for people; nothing follows from it. */
const FOR_PEOPLE = ["writer", "time"];

type Path = readonly (string | number)[];

/** A value of a claim, and what somebody puts in its place. */
interface Alteration {
  host: number;
  name: string;
  path: Path;
  value: unknown;
}

const CHOICES = [
  ["ingress", "egress", "both"],
  ["accept", "reject"],
  ["copy", "hash", "failover"],
  ["tap-bridge", "integration-bridge"],
  ["pair", "mesh"],
  ["internal", "vhost-user", "attach"],
  ["vxlan", "geneve", "gre"],
];

/** Another value of the same kind. */
function another(value: unknown): unknown {
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  const text = String(value);
  const choice = CHOICES.find((values) => values.includes(text));
  if (choice !== undefined) return choice[(choice.indexOf(text) + 1) % choice.length];
  return /^(\d+\.){3}\d+$/.test(text) ? text.replace(/\d+$/, "77") : `${text}x`;
}

/** The places of all values in a claim that are no objects or lists. */
function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const items = Array.isArray(value) ? value.entries() : Object.entries(value);
  return [...items].flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function valueAt(claim: unknown, path: Path): unknown {
  return path.reduce((inner, key) => (inner as Stored)[key], claim);
}

function withValue(claim: Stored, path: Path, value: unknown): Stored {
  const copy = structuredClone(claim);
  const holder = valueAt(copy, path.slice(0, -1)) as Stored;
  holder[path.at(-1)!] = value;
  return copy;
}

describe("a value in a claim that somebody alters", function () {
  this.timeout(limitOf(600_000));
  let lab: Lab;
  let estate: Kept;

  before(async () => {
    lab = await startLab(ESTATE);
    estate = await createEstate(lab);
  });

  after(() => lab.stop());

  const nameOf = (owner: string) => estate.names.find((name) => estate.get(name).id === owner)!;

  async function allAlterations(): Promise<Alteration[]> {
    const hosts = await Promise.all(
      lab.hosts.map(async (host) =>
        Object.entries(await storedClaims(host)).flatMap(([owner, claim]) =>
          leavesOf(claim)
            .filter(([field]) => !FOR_PEOPLE.includes(String(field)))
            .map((path) => ({
              ...{ host: host.number, name: nameOf(owner), path },
              value: another(valueAt(claim, path)),
            })),
        ),
      ),
    );
    return hosts.flat();
  }

  async function write(host: number, owner: string, claim: Stored): Promise<void> {
    const value = JSON.stringify(JSON.stringify(claim)).replaceAll("'", "'\\''");
    await lab.host(host).ovs(`ovs-vsctl set Bridge br-tap 'external_ids:"taas:${owner}"=${value}'`);
  }

  /** What is wrong with how an alteration was found and repaired. */
  async function complaint({ host, name, path, value }: Alteration): Promise<string | undefined> {
    const { id } = estate.get(name);
    const before = (await storedClaims(lab.host(host)))[id]!;
    await write(host, id, withValue(before, path, value));
    const status = await estate
      .refresh()
      .then((found) => found[name] ?? "active")
      .catch((error: Error) => error.message);
    if (status === "active") return "not found";
    // What cannot be read, and what bears the token of another life, is for a hand or a create to put right.
    if (/cannot be read|has format|this release does not know|claim missing|gone/.test(status)) {
      await write(host, id, before);
      await estate.up();
    } else {
      const [field] = path;
      if (!status.includes(`altered claim: ${field}`)) return `found as ${status}`;
      // A claim can be altered so that it contradicts another's, which is refused until this one is right again.
      await estate.up(name);
    }
    const left = await estate.refresh();
    if (Object.keys(left).length > 0) return `not repaired: ${JSON.stringify(left)}`;
    const after = (await storedClaims(lab.host(host)))[id]!;
    const [was, is] = [valueAt(before, path), valueAt(after, path)];
    return JSON.stringify(was) === JSON.stringify(is) ? undefined : `${was} became ${is}`;
  }

  it("is drift of its resource, whichever it is, and the next update repairs it", async () => {
    const wrong: string[] = [];
    for (const alteration of sampleOf(await allAlterations(), SAMPLE)) {
      const { host, name, path, value } = alteration;
      const what = await complaint(alteration).catch((error: Error) => `not repaired: ${error.message}`);
      if (what !== undefined) wrong.push(`host${host}: ${name}: ${path.join(".")} = ${value}: ${what}`);
      if (what !== undefined) await estate.refresh().then(() => estate.up(name));
    }
    expect(wrong.join("\n")).to.equal("");
  });
});
