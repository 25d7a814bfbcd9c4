import { rmSync } from "node:fs";
import { expect } from "chai";
import ts from "typescript";
import { fixtureProject } from "../engine/fixtureProject";

/** What a program may write, and after `@ts-expect-error` what it may not. */
const PROGRAM = `
import { output, secret, type Output } from "@pulumi/pulumi";
import {
  type ErrorCode, type FilterRule, getTapStatistics, type Host, MirrorTunnel, type MirrorTunnelRef, MonitorPort, type Port,
  type PortSelector, TapFlow, type TapFlowArgs, TapGroup, TapService, type TapServiceRef, type TapStatistics,
} from "pulumi-taas";

const hosts: Host[] = ["compute1", { address: "compute2", user: "ops", sudo: "always", gone: false, keeper: true }];
const ports: Port[] = ["tap-a", { ifaceId: "i" }, { mac: "fa:16:3e:00:00:01" }, { vmUuid: "v", vnic: 1 }];
const rules: FilterRule[] = [{ action: "accept", protocol: "tcp", destinationPort: "8000-8999" }, { action: "reject" }];

const service = new TapService("ids", { host: hosts[0], port: output(ports[0]!) });
const outside = new TapService("outside", { collector: { address: "192.0.2.9", type: "erspan", erspanVersion: 2 } });
const tunnel = new MirrorTunnel("way", { hosts, type: "geneve", bfd: true });
const flow = new TapFlow("web", { service, host: "compute1", port: { ifaceId: secret("i") }, filter: rules, tunnel });
new TapFlow("db", { service: service.ref, host: "compute1", port: "tap-b", rateLimit: { kbps: 1000 }, sampling: { oneIn: 10 } });

const quiet: PortSelector = { externalIds: { "vm-type": "dns" } };
new TapFlow("all", { service, host: "compute1", ports: { name: "tap-*", except: ["tap-b", { mac: "m" }, quiet] } });
const group = new TapGroup("net", { service, tunnel, hosts, ports: { network: secret("n") } });
const names: Output<string[]>[] = group.flows.map((each) => each.portNames);

const sensor = new MonitorPort("sensor", { host: "compute2", mtu: 9000 });
new TapService("watch", { host: "compute2", port: sensor });
new TapService("farm", { host: "compute2", ports: [sensor, "tap-c", sensor.port], distribution: "hash" });
const element: Output<string> = sensor.libvirt;

const id: Output<number> = service.tunnelId;
const ref: Output<TapServiceRef> = outside.ref;
const way: Output<MirrorTunnelRef> = tunnel.ref;
const status: Output<string> = flow.status;
const counted: Promise<TapStatistics> = getTapStatistics({ hosts });
const code: ErrorCode = "unreachable";
export const all = [id, ref, way, status, counted, code, element, names];

// @ts-expect-error a service and a source are required
const none: TapFlowArgs = {};
// @ts-expect-error no such direction
new TapFlow("x", { service, host: "a", port: "p", direction: "sideways" });
// @ts-expect-error a sample has a number
new TapFlow("x", { service, host: "a", port: "p", sampling: {} });
// @ts-expect-error no such argument
new TapService("x", { host: "a", port: "p", prot: "q" });
// @ts-expect-error a tunnel has hosts
new MirrorTunnel("x", { mode: "mesh" });
// @ts-expect-error no such type
new MonitorPort("x", { host: "a", type: "tap" });
// @ts-expect-error outputs are read, not written
service.tunnelId = id;
// @ts-expect-error no such code
const wrong: ErrorCode = "no-such-code";
export const never = [none, wrong];
`;

describe("the types of the package", function () {
  this.timeout(120_000);

  it("take what the documentation says and refuse what it does not", () => {
    const directory = fixtureProject({ "index.ts": PROGRAM });
    try {
      const options: ts.CompilerOptions = {
        ...{ strict: true, noEmit: true, skipLibCheck: true, types: [] },
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
      };
      const found = ts.getPreEmitDiagnostics(ts.createProgram([`${directory}/index.ts`], options));
      const texts = found.map(({ file, start, messageText }) => {
        const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
        return `${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
      });
      expect(texts).to.deep.equal([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
