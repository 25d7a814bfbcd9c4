import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { PluginAttach, type PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import {
  CallRequest,
  CheckRequest,
  type CheckResponse,
  ConfigureRequest,
  ConstructRequest,
  DeleteRequest,
  GetSchemaRequest,
  type GetSchemaResponse,
  ParameterizeRequest,
} from "@pulumi/pulumi/proto/provider_pb";
import { expect } from "chai";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
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
    return { child, client, address, stderr: () => stderr };
  }

  /** The answer of a call. */
  function answered<R>(
    send: (done: (error: grpc.ServiceError | null, answer: R) => void) => void,
  ): Promise<R> {
    return new Promise((resolve, reject) => {
      send((error, answer) => (error === null ? resolve(answer) : reject(error)));
    });
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

  it("serves an engine that finds it running, as in a debugger, and shows warnings next to their resource", async () => {
    const { server, address } = await listen();
    const logged: { message: string; urn: string }[] = [];
    const both = new Promise<void>((resolve) => {
      server.addService(EngineService, {
        log: ({ request }: { request: LogRequest }, done: (error: null, answer: Empty) => void) => {
          if (logged.push({ message: request.getMessage(), urn: request.getUrn() }) === 2) resolve();
          done(null, new Empty());
        },
      } as unknown as UntypedServiceImplementation);
    });
    const { client } = await start([]);
    const attach = new PluginAttach();
    attach.setAddress(address);
    await answered((done) => client.attach(attach, done));
    await answered((done) => client.configure(new ConfigureRequest(), done));
    const urn = "urn:pulumi:dev::taps::taas:index:MirrorTunnel::way";
    const hosts = ["a", "b"].map((name) => ({ name, address: name, gone: true }));
    const inputs = { owner: "o/p/s/MirrorTunnel/way", hosts, mode: "pair", type: "vxlan", udpPort: 15000 };
    const ref = { format: 1, ...inputs, localIps: [] };
    const request = new DeleteRequest();
    request.setUrn(urn);
    request.setProperties(
      Struct.fromJavaScript({ ...inputs, localIps: [], ref, rules: [], incarnation: "t" }),
    );
    await answered((done) => client.delete(request, done));
    await both;
    expect(logged.map((one) => one.urn)).to.deep.equal([urn, urn]);
    expect(logged[0]!.message).to.match(/^host a is declared gone/);
    client.close();
    server.forceShutdown();
  });

  it("keeps apart the configurations of several providers that a debugged process serves", async () => {
    const { client, address } = await start([]);
    const another = new ResourceProviderClient(address, grpc.credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
    });
    const clients = { first: client, second: another };
    for (const [organization, one] of Object.entries(clients)) {
      const request = new ConfigureRequest();
      request.setArgs(Struct.fromJavaScript({ organization }));
      await answered((done) => one.configure(request, done));
    }
    for (const [organization, one] of Object.entries(clients)) {
      const request = new CheckRequest();
      request.setUrn("urn:pulumi:dev::taps::taas:index:MonitorPort::sensor");
      request.setNews(Struct.fromJavaScript({ host: "host1" }));
      const response = await answered<CheckResponse>((done) => one.check(request, done));
      expect(response.getInputs()!.toJavaScript().owner).to.equal(
        `${organization}/taps/dev/MonitorPort/sensor`,
      );
      one.close();
    }
  });

  it("has no components, and says so", async () => {
    const { client } = await start([]);
    for (const call of [
      (done: grpc.requestCallback<unknown>) => client.construct(new ConstructRequest(), done),
      (done: grpc.requestCallback<unknown>) => client.call(new CallRequest(), done),
      (done: grpc.requestCallback<unknown>) => client.parameterize(new ParameterizeRequest(), done),
    ]) {
      const error = await new Promise<grpc.ServiceError | null>((resolve) =>
        call((failed) => resolve(failed)),
      );
      expect(error).to.include({ code: grpc.status.UNIMPLEMENTED });
    }
    client.close();
  });

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
