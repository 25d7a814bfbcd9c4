import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { Import } from "../../engine/importResources";
import { type Lab, startLab } from "../../lab/lab";
import { expectNoMoreLost, plugPorts, RUNS } from "../faults/control";
import { errorsOf, type Program, succeeded } from "../lifecycle/program";
import { openYaml } from "./program";

const PROGRAM = `
resources:
  way:
    type: taas:MirrorTunnel
    properties: { hosts: [source, monitor], udpPort: 15000, tos: 32 }
  ids:
    type: taas:TapService
    properties: { host: monitor, port: tap-ids, tenant: acme, description: the sensor }
  web:
    type: taas:TapFlow
    properties:
      service: \${ids.ref}
      tunnel: \${way.ref}
      host: source
      port: { mac: "\${mac}" }
      direction: ingress
      snapLength: 200
      tenant: acme
      filter: [{ action: accept, protocol: udp, destinationPort: "5000-5100" }]
  out:
    type: taas:TapFlow
    properties: { service: "\${outside.ref}", host: source, port: tap-db, enabled: false }
  outside:
    type: taas:TapService
    properties: { collector: { address: 192.0.2.77, type: gre }, tunnelId: 4711 }
config:
  mac: { type: string }
`;

/** Milliseconds of the stream before and after what it runs beside. */
const MARGIN = 200;

/** Packets a second of the stream. */
const PPS = 200;

describe("an import by the plugin", function () {
  this.timeout(300_000);
  let lab: Lab;
  const programs: Program[] = [];

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "db", host: 1 },
      { name: "ids", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
  });

  after(async () => {
    for (const program of programs) program.remove();
    await lab?.stop();
  });

  async function open(stack: string, text = PROGRAM): Promise<Program["stack"]> {
    const config = {
      "taas:sshConfig": lab.sshConfig,
      "taas:hosts": { source: { address: "host1" }, monitor: { address: "host2" } },
      "fixture:mac": lab.vm("web").mac,
    };
    const program = await openYaml(text, config, stack);
    programs.push(program);
    return program.stack;
  }

  /** What another stack has made, by the ids that an import takes. */
  function importsFrom(stack: string): Import[] {
    const id = (name: string, kind: string) => `source:organization/fixture/${stack}/${kind}/${name}`;
    return [
      { type: "taas:index:MirrorTunnel", name: "way", id: id("way", "MirrorTunnel") },
      { type: "taas:index:TapService", name: "ids", id: "monitor:tap-ids" },
      { type: "taas:index:TapFlow", name: "web", id: id("web", "TapFlow") },
      { type: "taas:index:TapFlow", name: "out", id: id("out", "TapFlow") },
    ];
  }

  /** How many copies of a stream are lost that production did not lose. None may come twice. */
  async function lostDuring(work: () => Promise<unknown>): Promise<number> {
    const [from, to, ids] = [lab.vm("db"), lab.vm("web"), lab.vm("ids")];
    const stream = await lab.startStream({ from, to, watchers: [ids], pps: PPS });
    await sleep(MARGIN);
    const error = await work().catch((reason: Error) => reason);
    await sleep(MARGIN);
    const result = await stream.stop();
    if (error instanceof Error) throw error;
    expect(result.at.ids!.received).to.be.greaterThan(0);
    expect(result.at.ids!.duplicated).to.deep.equal([]);
    const lost = new Set(result.lost);
    return result.at.ids!.lost.filter((frame) => !lost.has(frame)).length;
  }

  it("of each kind has a complete state, and the next up renames the claims and changes nothing else", async () => {
    const first = await open("first");
    succeeded(await first.up());
    const second = await open("second");
    const imports = importsFrom("first");
    expect(succeeded(await second.import(imports)).changes.import).to.equal(4);
    const before = (await second.exportState()).deployment.resources!;
    const olds = (await first.exportState()).deployment.resources!;
    for (const { name } of imports) {
      const outputsIn = (resources: typeof olds) =>
        resources.find(({ urn }) => urn.endsWith(`::${name}`))!.outputs!;
      const { keeper: _, ...was } = outputsIn(olds);
      expect(outputsIn(before), name).to.deep.equal(was);
    }
    const { steps } = succeeded(await second.preview());
    for (const { name } of imports) {
      const step = steps.find((one) => one.name === name)!;
      const paths = Object.keys(step.detailed ?? {});
      expect(
        paths.filter((path) => !/^(service\.|tunnel\.)?owner$/.test(path)),
        name,
      ).to.deep.equal([]);
      expect(paths, name).to.include("owner");
    }
    succeeded(await second.up());
    succeeded(await second.refresh({ expectNoChanges: true }));
    succeeded(await second.preview({ expectNoChanges: true }));
    succeeded(await second.destroy());
  });

  it("and the up after it duplicate no copy, and lose no more than while ports are plugged", async () => {
    let last = await open("origin");
    succeeded(await last.up());
    let made = "origin";
    const [lost, control]: [number[], number[]] = [[], []];
    for (let run = 0; run < RUNS; run++) {
      control.push(await lostDuring(() => plugPorts(lab.hosts)));
      const name = `heir${run}`;
      last = await open(name);
      lost.push(
        await lostDuring(async () => {
          succeeded(await last.import(importsFrom(made)));
          succeeded(await last.up());
        }),
      );
      made = name;
    }
    expectNoMoreLost(lost, control, "an import and the up after it", { pps: PPS });
    succeeded(await last.destroy());
  });

  it("of a missing claim lists the existing ones", async () => {
    const first = await open("third", PROGRAM);
    succeeded(await first.up());
    const second = await open("fourth");
    const owner = "organization/fixture/third/TapFlow/web";
    for (const [type, id, reason] of [
      [
        "TapFlow",
        "source:o/p/s/TapFlow/other",
        /no such claim on source: o\/p\/s\/TapFlow\/other; claims there: .*third\/TapFlow\/out, .*third\/TapFlow\/web/,
      ],
      ["TapFlow", `monitor:${owner}`, /the tapped port of .* is on another host.*source:organization/],
      ["TapService", "source:tap-web", /no such claim on source: tap-web; claims there: none of this kind/],
      ["TapService", "tap-web", /must name a host/],
    ] as const) {
      const result = await second.import([{ type: `taas:index:${type}`, name: "x", id }]);
      expect(errorsOf(result), id).to.match(reason);
    }
    succeeded(await first.destroy());
  });
});
