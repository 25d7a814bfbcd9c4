import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { METRICS } from "../../../../cli/metrics/definitions";
import { Exposition } from "../../../../cli/metrics/exposition";
import { Proofs } from "../../../../cli/metrics/proofs";
import type { Survey } from "../../../../provider/survey/survey";
import { repositoryRoot } from "../../../engine/fixtureProject";
import { verified } from "./verified";

const docs = join(repositoryRoot(), "docs");

function survey(host: string, owner: string, differences: string[] = []): Survey {
  const record = { name: host, address: `${host}.invalid` };
  const claim = { kind: "flow", owner, service: "s", token: "1", source: {}, tenant: "red" };
  return {
    record,
    seconds: 0.25,
    seen: {
      inspection: {
        record,
        facts: {
          version: "3.1.0",
          machine: host,
          bridges: [{ name: "br-int", mirrors: ["m"] }],
          mirrors: { m: { externalIds: {} } },
        },
        read: { claims: new Map([[owner, claim]]) },
        differences: differences.map((what) => ({ what, owners: [owner] })),
      },
      statistics: {
        address: record.address,
        captures: [
          {
            owners: [owner],
            mirrors: ["g"],
            matched: { packets: 5, bytes: 500 },
            copied: { packets: 3, bytes: 300 },
            dropped: { packets: 2, bytes: 200 },
          },
        ],
        services: [],
        tunnels: [],
      },
    },
  } as unknown as Survey;
}

const down: Survey = { record: { name: "h2", address: "h2" }, seconds: 8, error: new Error("it hangs") };

describe("the metrics of hosts", () => {
  it("are in the documentation with type and labels, and no others", () => {
    const table = readFileSync(join(docs, "metrics.md"), "utf8").matchAll(
      /^\| `(taas_\w+)` \| (\w+) \| ([^|]*) \|/gm,
    );
    const documented = [...table].map(([, name, type, labels]) => [
      name,
      { type, labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label) },
    ]);
    const defined = Object.entries(METRICS).map(([name, { type, labels }]) => [
      name,
      { type, labels: [...labels] },
    ]);
    expect(documented).to.deep.equal(defined);
  });

  it("are what alert rules and dashboard query", () => {
    for (const file of ["alerts.yml", "dashboard.json"]) {
      const text = readFileSync(join(docs, "monitoring", file), "utf8");
      const asked = new Set([...text.matchAll(/\btaas_\w+/g)].map(([name]) => name));
      expect(asked.size).to.be.greaterThan(5);
      expect(Object.keys(METRICS)).to.include.members([...asked]);
    }
  });

  it("report a host's counters and what has drifted, and of a host that is down only that", async () => {
    const text = await new Exposition().text([survey("h1", "a", ["missing mirror"]), down]);
    for (const line of [
      'taas_host_up{host="h1"} 1',
      'taas_host_up{host="h2"} 0',
      'taas_host_info{host="h1",address="h1.invalid",ovs_version="3.1.0"} 1',
      'taas_drift{resource="a",kind="flow",host="h1"} 1',
      'taas_flow_info{flow="a",service="s",tenant="red",host="h1"} 1',
      'taas_flow_copied_packets_total{flow="a",host="h1"} 3',
      'taas_flow_dropped_bytes_total{flow="a",host="h1"} 200',
      'taas_foreign_mirrors{bridge="br-int",host="h1"} 1',
      'taas_mirrors_limit{bridge="br-int",host="h1"} 32',
    ])
      expect(text.split("\n")).to.include(line);
    expect(text.match(/h2/g)).to.have.length(2);
  });

  it("omit what no longer exists, and keep counting when a host is back", async () => {
    const exposition = new Exposition();
    await exposition.text([survey("h1", "a"), survey("h2", "b")]);
    expect(await exposition.text([survey("h1", "c"), down])).to.not.match(/"a"|"b"/);
    expect(await exposition.text([survey("h2", "b")])).to.include(
      'taas_flow_copied_packets_total{flow="b",host="h2"} 3\n',
    );
  });

  it("say when each flow was proved, and which stage of it is wrong, once that has been looked at", async () => {
    const exposition = new Exposition();
    const proofs = new Proofs();
    const before = await exposition.text([survey("h1", "a")], proofs);
    expect(before)
      .to.include("\ntaas_verified_timestamp_seconds 0\n")
      .and.not.match(/^taas_flow_proved/m);
    const stages = [{ stage: "tunnel", verdict: "wrong" } as const];
    proofs.add({ taps: [verified("a", "wrong", stages)], unseen: [] }, 1000);
    const text = await exposition.text([survey("h1", "a")], proofs);
    for (const line of [
      "taas_verified_timestamp_seconds 1000",
      'taas_flow_proved_timestamp_seconds{flow="a",host="h1"} 0',
      'taas_flow_stage_wrong{flow="a",stage="tunnel",host="h1"} 1',
    ])
      expect(text.split("\n")).to.include(line);
  });

  it("are told even where a host counts more than a number can hold", async () => {
    const huge = survey("h1", "a");
    const [capture] = huge.seen!.statistics.captures as unknown as [{ matched: { packets: number } }];
    capture.matched.packets = Number.POSITIVE_INFINITY;
    const exposition = new Exposition();
    for (let turn = 0; turn < 2; turn++)
      expect(await exposition.text([huge, survey("h2", "b")])).to.include('taas_host_up{host="h2"} 1\n');
  });

  it("are harmless whatever a host's claims are called", async () => {
    const text = await new Exposition().text([survey("h1", 'x"} 1\ntaas_host_up{host="h9\u001b[31m\\')]);
    expect(text).to.not.include("\u001b");
    expect(text.match(/^taas_host_up/gm)).to.have.length(1);
  });
});
