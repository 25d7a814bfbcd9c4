import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readClaims } from "../../../provider/model/readClaims";
import { repositoryRoot } from "../../engine/fixtureProject";
import { observed } from "./observed";

type Json = Record<string, unknown>;

const path = join(repositoryRoot(), "test/unit/model/golden/sources.json");
const { claims } = JSON.parse(readFileSync(path, "utf8")) as { claims: Json[] };
const flow = claims.find(({ kind, source }) => kind === "flow" && source !== undefined)!;
const source = flow.source as Json;

/** What reading a host with this claim ends with. */
function readWith(claim: Json): { code: string; message: string } | undefined {
  const row = {
    externalIds: { "taas-renderer": "1", [`taas:${claim.owner}`]: JSON.stringify(claim) },
    otherConfig: { "taas-generation": "1" },
  };
  try {
    readClaims(observed({ name: "br-tap", ports: [], row }), "br-tap", "host1");
    return undefined;
  } catch (error) {
    return error as { code: string; message: string };
  }
}

const later = "tcp port 443 and radius 7";

describe("a claim of a later release that this one cannot read", () => {
  it("is read where it has nothing new", () => expect(readWith(flow)).to.equal(undefined));

  for (const [what, claim, says] of [
    ["its format", { ...flow, format: 2 }, /has format 2, this release reads up to 1/],
    ["its kind", { ...flow, kind: "port" }, /is of kind "port", which this release does not know/],
    [
      "a term of its expression",
      { ...flow, source: { ...source, filter: later } },
      /has a filter expression that this release does not know: character 18, "radius"/,
    ],
    [
      "a term of the expression that it is moving from",
      { ...flow, movingFrom: { source: { ...source, filter: later } } },
      /has a filter expression that this release does not know: character 18/,
    ],
    [
      "the value of an option",
      { ...flow, source: { ...source, direction: "loopback" } },
      /has source\.direction "loopback", which this release does not know/,
    ],
  ] as const) {
    it(`says that an update is needed, for ${what}`, () => {
      const error = readWith(claim);
      expect(error?.code).to.equal("claim-newer");
      expect(error?.message).to.match(says);
    });
  }

  for (const [what, claim] of [
    ["which is wrong besides", { ...flow, token: 7, source: { ...source, filter: later } }],
    ["whose value is none of a release", { ...flow, source: { ...source, direction: 7 } }],
    ["whose expression matches nothing", { ...flow, source: { ...source, filter: "ip and arp" } }],
    ["that is too long", { ...flow, source: { ...source, filter: `ip${" ".repeat(20_000)}` } }],
  ] as const) {
    it(`is not what is taken for one ${what}`, () =>
      expect(readWith(claim)?.code).to.equal("claim-unreadable"));
  }
});
