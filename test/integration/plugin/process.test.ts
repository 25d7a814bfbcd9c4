import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { GetSchemaRequest, type GetSchemaResponse } from "@pulumi/pulumi/proto/provider_pb";
import { expect } from "chai";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { KINDS } from "../../../provider/face/computed";
import { repositoryRoot } from "../../engine/fixtureProject";

/** Says on stderr which packages outside the bundle are loaded. */
const HOOK = `
const Module = require("node:module");
const load = Module._load;
Module._load = function (name, ...rest) {
  if (!Module.isBuiltin(name) && !/^[./]/.test(name)) console.error("loads " + name);
  return load.call(this, name, ...rest);
};`;

describe("the plugin's process", function () {
  this.timeout(30_000);
  const directory = mkdtempSync(join(tmpdir(), "taas-plugin-"));
  const started: ChildProcess[] = [];

  after(() => {
    for (const child of started) child.kill("SIGKILL");
    rmSync(directory, { recursive: true });
  });

  /** Starts it and waits for its port. */
  async function start(engine: string[], env: NodeJS.ProcessEnv = {}) {
    const executable = join(repositoryRoot(), "plugin/pulumi-resource-taas");
    const child = spawn(executable, engine, { env: { ...process.env, ...env } });
    started.push(child);
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const address = `127.0.0.1:${port}`;
    const client = new ResourceProviderClient(address, grpc.credentials.createInsecure());
    return { child, client, stderr: () => stderr };
  }

  async function listen(): Promise<{ server: grpc.Server; address: string }> {
    const server = new grpc.Server();
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    return { server, address: `127.0.0.1:${port}` };
  }

  it("answers with its schema and the package's version, and loads nothing that only hosts need", async () => {
    const hook = join(directory, "hook.cjs");
    writeFileSync(hook, HOOK);
    const { client, stderr } = await start([], { NODE_OPTIONS: `--require ${hook}` });
    const information = await new Promise<PluginInfo>((resolve, reject) => {
      client.getPluginInfo(new Empty(), (error, answer) => (error ? reject(error) : resolve(answer)));
    });
    const { version } = JSON.parse(readFileSync(join(repositoryRoot(), "package.json"), "utf8"));
    expect(information.getVersion()).to.equal(version);
    const response = await new Promise<GetSchemaResponse>((resolve, reject) => {
      client.getSchema(new GetSchemaRequest(), (error, answer) => (error ? reject(error) : resolve(answer)));
    });
    const schema = JSON.parse(response.getSchema()) as Record<"name" | "version", string> & {
      resources: object;
    };
    expect([schema.name, schema.version]).to.deep.equal(["taas", version]);
    expect(Object.keys(schema.resources).sort()).to.deep.equal(
      KINDS.map((kind) => `taas:index:${kind}`).sort(),
    );
    expect(stderr()).not.to.include("loads");
    client.close();
  });

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it(`ends on ${signal}`, async () => {
      const { child } = await start([]);
      child.kill(signal);
      await once(child, "exit");
    });
  }

  it("ends when the engine that started it is gone, and not before", async () => {
    const { server, address } = await listen();
    const { child } = await start(["--logtostderr", address]);
    const ended = once(child, "exit");
    const early = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 2000))]);
    expect(early).to.equal(undefined);
    server.forceShutdown();
    await ended;
  });
});
