import { expect } from "chai";
import type { RunResult } from "../../engine/runResult";
import { type Lab, startLab } from "../../lab/lab";
import { type Program, succeeded } from "../lifecycle/program";
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

describe("an import by the plugin", function () {
  this.timeout(120_000);
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

  function errors({ diagnostics }: RunResult): string {
    return diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ message }) => message)
      .join("\n");
  }

  it("of each kind has a complete state, and the next up renames the claims and changes nothing else", async () => {
    const first = await open("first");
    succeeded(await first.up());
    const key = (name: string, kind: string) => `organization/fixture/first/${kind}/${name}`;
    const second = await open("second");
    const imports = [
      { type: "taas:index:MirrorTunnel", name: "way", id: `source:${key("way", "MirrorTunnel")}` },
      { type: "taas:index:TapService", name: "ids", id: "monitor:tap-ids" },
      { type: "taas:index:TapFlow", name: "web", id: `source:${key("web", "TapFlow")}` },
      { type: "taas:index:TapFlow", name: "out", id: `source:${key("out", "TapFlow")}` },
    ];
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
    const stream = await lab.startStream({
      from: lab.vm("db"),
      to: lab.vm("web"),
      watchers: [lab.vm("ids")],
      pps: 200,
      port: 5001,
    });
    succeeded(await second.up());
    const result = await stream.stop();
    expect(result.at.ids!.lost.length - result.lost.length).to.be.at.most(0);
    succeeded(await second.refresh({ expectNoChanges: true }));
    succeeded(await second.preview({ expectNoChanges: true }));
    succeeded(await second.destroy());
  });

  it("of what is not there says what is", async () => {
    const first = await open("third", PROGRAM);
    succeeded(await first.up());
    const second = await open("fourth");
    const owner = "organization/fixture/third/TapFlow/web";
    for (const [type, id, reason] of [
      [
        "TapFlow",
        "source:o/p/s/TapFlow/other",
        /no such claim on source: o\/p\/s\/TapFlow\/other; there are .*third\/TapFlow\/out, .*third\/TapFlow\/web/,
      ],
      ["TapFlow", `monitor:${owner}`, /the tapped port of .* is on another host.*source:organization/],
      ["TapService", "source:tap-web", /no such claim on source: tap-web; there are no claims of this kind/],
      ["TapService", "tap-web", /names no host/],
    ] as const) {
      const result = await second.import([{ type: `taas:index:${type}`, name: "x", id }]);
      expect(errors(result), id).to.match(reason);
    }
    succeeded(await first.destroy());
  });
});
