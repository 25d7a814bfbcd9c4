import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import * as grpc from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import {
  AnalyzeRequest,
  type AnalyzeResponse,
  AnalyzerResourceOptions,
  ConfigureAnalyzerRequest,
  EnforcementLevel,
  PolicyConfig,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { expect } from "chai";
import { Driver, type Kind } from "../driver/driver";
import { exited, interrupt, onLines } from "../engine/childProcess";
import { repositoryRoot } from "../engine/fixtureProject";
import { toStruct } from "../engine/struct";

const root = repositoryRoot();
const pack = join(root, "examples/policy");

/** The policies' configuration, as `--policy-pack-config` reads it. */
function configuration(): ConfigureAnalyzerRequest {
  const request = new ConfigureAnalyzerRequest();
  const file: Record<string, Record<string, string | string[]>> = JSON.parse(
    readFileSync(join(pack, "config.json"), "utf8"),
  );
  for (const [policy, properties] of Object.entries(file)) {
    const config = new PolicyConfig();
    config.setEnforcementlevel(EnforcementLevel.MANDATORY);
    config.setProperties(toStruct(properties));
    request.getPolicyconfigMap().set(policy, config);
  }
  return request;
}

describe("the policy pack of the examples", function () {
  this.timeout(120_000);
  let child: ChildProcess;
  let gone: Promise<unknown>;
  let client: AnalyzerClient;
  const driver = new Driver({ sshConfig: "/dev/null" });

  // As the CLI's language host for Node.js starts a pack.
  before(async () => {
    const script = require.resolve("@pulumi/pulumi/cmd/run-policy-pack");
    child = spawn(process.execPath, [script, "127.0.0.1:1", pack], {
      cwd: pack,
      stdio: ["ignore", "pipe", "inherit"],
    });
    gone = exited(child);
    const port = await new Promise<string>((resolve, reject) => {
      onLines(child.stdout!, resolve);
      gone.then(() => reject(new Error("the policy pack ended before it served")), reject);
    });
    client = new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    await promisify(client.configure.bind(client) as never)(configuration() as never);
  });

  after(async () => {
    client?.close();
    await interrupt(child, gone);
  });

  /** The policies that a resource violates, of either face; its inputs are what the provider's check makes of arguments. */
  async function violated(kind: Kind, args: Record<string, unknown>): Promise<string[]> {
    const inputs = driver.check(kind, "x", args);
    const answers = [`taas:index:${kind}`, `pulumi-nodejs:dynamic/taas:${kind}`].map(async (type) => {
      const request = new AnalyzeRequest();
      request.setType(type);
      request.setName("x");
      request.setUrn(`urn:pulumi:test::fixture::${type}::x`);
      request.setOptions(new AnalyzerResourceOptions());
      request.setProperties(toStruct(inputs as never));
      const analyze = promisify(client.analyze.bind(client) as never) as (
        asked: AnalyzeRequest,
      ) => Promise<AnalyzeResponse>;
      const diagnostics = (await analyze(request)).getDiagnosticsList();
      expect(diagnostics.map((one) => one.getEnforcementlevel())).to.satisfy((levels: EnforcementLevel[]) =>
        levels.every((level) => level === EnforcementLevel.MANDATORY),
      );
      return diagnostics.map((one) => one.getPolicyname()).sort();
    });
    const [plugin, dynamic] = await Promise.all(answers);
    expect(dynamic).to.deep.equal(plugin);
    return plugin!;
  }

  const service = (tenant: string) =>
    driver.check("TapService", "ids", { host: "host2", port: "tap-ids", tenant, allowCrossTenant: true }).ref;
  const filter = [{ action: "accept", protocol: "tcp", destinationPort: 443 }];

  it("accepts a program that complies", async () => {
    expect(await violated("TapService", { host: "host2", port: "tap-ids", tenant: "globex" })).to.deep.equal(
      [],
    );
    const tap = { service: service("acme"), host: "host1", port: "tap-web", tenant: "acme", filter };
    expect(await violated("TapFlow", tap)).to.deep.equal([]);
    expect(await violated("MirrorTunnel", { hosts: ["host1", "host2"] })).to.deep.equal([]);
  });

  it("refuses a tenant that is not on its list", async () => {
    const named = { host: "host2", port: "tap-ids", tenant: "evil" };
    expect(await violated("TapService", named)).to.deep.equal(["allowed-tenants"]);
    const tap = { service: service("evil"), host: "host1", port: "tap-web", tenant: "acme", filter };
    expect(await violated("TapFlow", tap)).to.deep.equal(["allowed-tenants"]);
  });

  it("refuses a tap outside the team's own tenant that has no end", async () => {
    const tap = { service: service("acme"), host: "host1", port: "tap-web", tenant: "globex", filter };
    expect(await violated("TapFlow", tap)).to.deep.equal(["taps-outside-end"]);
    expect(await violated("TapFlow", { ...tap, until: "2099-01-31T18:00:00Z" })).to.deep.equal([]);
  });

  it("refuses a tap of every frame without a cap", async () => {
    const tap = { service: service("acme"), host: "host1", port: "tap-web", tenant: "acme" };
    expect(await violated("TapFlow", tap)).to.deep.equal(["no-uncapped-tap-of-everything"]);
    expect(await violated("TapFlow", { ...tap, rateLimit: { kbps: 1000 } })).to.deep.equal([]);
  });
});
