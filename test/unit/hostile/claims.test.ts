import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { describeClaim } from "../../../cli/claims/claim";
import { replacedBy } from "../../../provider/converge/run";
import type { HostRecord } from "../../../provider/host/host";
import { claimedHost } from "../../../provider/host/inventory";
import { readClaims } from "../../../provider/model/readClaims";
import { render } from "../../../provider/model/render";
import { parseFlows } from "../../../provider/ovs/openflow";
import { flowText } from "../../../provider/plan/flowText";
import { planHost } from "../../../provider/plan/host";
import { tapRules } from "../../../provider/plan/numberRules";
import { harmless } from "../../../provider/printable";
import { driftedStatus } from "../../../provider/resource/status";
import { repositoryRoot } from "../../engine/fixtureProject";
import { type ObservedBridge, observed } from "../model/observed";
import { altered, hostileJson, hostileText } from "./arbitrary";
import { expectShowable, outcome } from "./outcome";

interface Golden {
  bridges: ObservedBridge[];
  claims: ({ owner: string } & Record<string, unknown>)[];
}

const goldens = ["monitors", "sources", "treatments", "monitorPorts"].map((name) => {
  const path = join(repositoryRoot(), `test/unit/model/golden/${name}.json`);
  return JSON.parse(readFileSync(path, "utf8")) as Golden;
});
const written = goldens.flatMap(({ claims }) => claims);

/** A host whose tap bridge has these texts under these keys, next to a port of a hostile name. */
function hostWith(externalIds: Record<string, string>, otherConfig: Record<string, string>, port: string) {
  const tap = {
    name: "br-tap",
    ports: [],
    row: { externalIds: { "taas-renderer": "1", ...externalIds }, otherConfig },
  };
  const bridges = goldens[1]!.bridges.map((bridge) => ({
    ...bridge,
    ports: [...bridge.ports, { name: port }],
  }));
  return observed(...bridges, tap);
}

/** All that is done with claims that are found, but for writing. */
function follow(facts: ReturnType<typeof observed>): void {
  const read = outcome(() => readClaims(facts, "br-tap", "host1"));
  if (read === undefined) return;
  for (const claim of read.claims.values()) {
    const line = describeClaim({ host: "host1", claim });
    expectShowable(line);
    expect(line).not.to.match(/[\n\t]/);
    expectShowable(harmless(JSON.stringify({ ...claim, description: "" })).slice(0, 40_000));
    replacedBy(claim);
  }
  const desired = outcome(() => render(read.claims, facts, "br-tap"));
  if (desired === undefined) return;
  expectShowable(driftedStatus(desired.problems.map(({ message }) => message)));
  const text = flowText(tapRules(desired, facts, "br-tap", read.generation));
  const flows = parseFlows(text);
  expect(flows.length, text).to.equal(text.trimEnd().split("\n").length);
  for (const flow of flows) expect(flow.cookie >> 48n, text).to.equal(0x7a70n);
  const input = {
    read,
    claims: read.claims,
    before: desired,
    desired,
    facts,
    tapBridge: "br-tap",
    integrationBridge: "br-int",
    bridges: new Map(),
    renewals: new Map(),
  };
  const plan = outcome(() => planHost(input));
  if (plan !== undefined) expect(JSON.parse(JSON.stringify(plan.operations))).to.deep.equal(plan.operations);
}

describe("claims found on a host", () => {
  const text = fc.oneof(
    hostileText,
    hostileJson.map((value) => JSON.stringify(value)),
  );

  it("may be any text under any key", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(hostileText, text), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom("taas-generation", "taas-foreign-bridges", "taas-meters"), hostileText),
        hostileText,
        (entries, otherConfig, port) => {
          const ids = Object.fromEntries(entries.map(([key, value]) => [`taas:${key}`, value]));
          follow(hostWith(ids, otherConfig, port));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("may be valid ones with anything in any place", () => {
    const claim = fc
      .constantFrom(...written)
      .chain((one) => fc.tuple(fc.constant(one.owner), altered(one, fc.oneof(hostileText, hostileJson))));
    fc.assert(
      fc.property(fc.array(claim, { minLength: 1, maxLength: 4 }), hostileText, (claims, port) => {
        const ids = claims.map(([owner, one]) => {
          const own = (one as { owner?: unknown } | null)?.owner;
          return [`taas:${typeof own === "string" ? own : owner}`, JSON.stringify(one)];
        });
        follow(hostWith(Object.fromEntries(ids), { "taas-generation": "3" }, port));
      }),
      { numRuns: 500 },
    );
  });

  it("lead only where an address says, with no key, pin, rights or machine that the claim chooses", () => {
    const record = fc.record(
      {
        name: fc.oneof(hostileText, fc.constant("host2")),
        address: fc.oneof(hostileText, fc.constantFrom("host2", "local", "192.0.2.9")),
        user: hostileText,
        proxyJump: hostileText,
        identityFile: hostileText,
        hostKey: hostileText,
        transport: fc.constantFrom("ssh2", "openssh", "local"),
        sudo: fc.constantFrom("auto", "always", "never"),
        gone: fc.boolean(),
      },
      { requiredKeys: ["name", "address"] },
    ) as fc.Arbitrary<HostRecord>;
    const mine = { name: "host2", address: "host2", identityFile: "/mine" };
    fc.assert(
      fc.property(record, (claimed) => {
        const found = outcome(() => claimedHost(claimed, { host2: mine }, new Map()));
        if (found === undefined) return;
        const { name: _, address, transport, ...connection } = found.record;
        const isMine = address === "host2";
        expect(found.saidBy).to.equal(isMine ? "operator" : "claim");
        expect(connection).to.deep.equal(isMine ? { identityFile: "/mine" } : {});
        expect(transport).to.equal(address === "local" ? "local" : undefined);
      }),
      { numRuns: 500 },
    );
  });
});
