import * as grpc from "@grpc/grpc-js";
import * as engineRpc from "@pulumi/pulumi/proto/engine_grpc_pb";
import * as engine from "@pulumi/pulumi/proto/engine_pb";
import { InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import * as monitorRpc from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { EventLog, Severity } from "./events";
import type { PropertyMap } from "./properties";
import { channelOptions } from "./providerProcess";
import { type Inherited, readGoal } from "./registration";
import type { Goal, ResourceState } from "./resourceState";
import type { ReadGoal } from "./stepGenerator";
import { fromStruct, toStruct } from "./struct";
import type { Urn } from "./urn";

/** What the monitor asks of the run it serves. Each rejects with a {@link ShutDown} when the run is over. */
export interface Registrar {
  register(goal: Goal): Promise<ResourceState>;
  read(goal: ReadGoal): Promise<ResourceState>;
  registerOutputs(urn: Urn, outputs: PropertyMap): Promise<void>;
  /** Calls a function of a package, with a provider that a reference names or with the default one. */
  invoke(token: string, args: PropertyMap, provider: string): Promise<PropertyMap>;
  /** The program has registered all it wants. */
  finish(): void;
}

/** The run is over; the program is to end without a word. */
export class ShutDown extends Error {}

const features = new Set(["secrets", "resourceReferences", "aliasSpecs", "deletedWith", "replaceWith"]);

function answer<Q, R>(handle: (request: Q) => Promise<R> | R): grpc.handleUnaryCall<Q, R> {
  return async (call, callback) => {
    try {
      callback(null, await handle(call.request));
    } catch (error) {
      const code = error instanceof ShutDown ? grpc.status.UNAVAILABLE : grpc.status.UNKNOWN;
      callback({ code, details: (error as Error).message });
    }
  };
}

function unsupported(what: string) {
  return answer<unknown, never>(() => {
    throw new Error(`the test engine does not support ${what}`);
  });
}

/** Serves the resource monitor to the program, and the engine's log to the program and the provider's process. */
export class Monitor {
  private readonly server = new grpc.Server(channelOptions);
  private readonly inherited = new Map<Urn, Inherited>();
  private registrar: Registrar | undefined;
  private rootUrn = "";

  constructor(private readonly log: EventLog) {
    this.server.addService(monitorRpc.ResourceMonitorService, {
      supportsFeature: answer((request: pb.SupportsFeatureRequest) => {
        const response = new pb.SupportsFeatureResponse();
        response.setHassupport(features.has(request.getId()));
        return response;
      }),
      registerResource: answer((request: pb.RegisterResourceRequest) => this.register(request)),
      readResource: answer((request: pb.ReadResourceRequest) => this.read(request)),
      registerResourceOutputs: answer(async (request: pb.RegisterResourceOutputsRequest) => {
        await this.serving.registerOutputs(request.getUrn(), fromStruct(request.getOutputs()));
        return new Empty();
      }),
      signalAndWaitForShutdown: answer(() => {
        this.serving.finish();
        return new Empty();
      }),
      invoke: answer(async (request: pb.ResourceInvokeRequest) => {
        const args = fromStruct(request.getArgs());
        const response = new InvokeResponse();
        const result = await this.serving.invoke(request.getTok(), args, request.getProvider());
        response.setReturn(toStruct(result));
        return response;
      }),
      getDeploymentInfo: unsupported("getDeploymentInfo"),
      call: unsupported("calls"),
      registerStackTransform: unsupported("stack transforms"),
      registerStackInvokeTransform: unsupported("invoke transforms"),
      registerResourceHook: unsupported("resource hooks"),
      registerErrorHook: unsupported("error hooks"),
      registerPackage: unsupported("packages"),
    });
    this.server.addService(engineRpc.EngineService, {
      log: answer((request: engine.LogRequest) => {
        const severities: Severity[] = ["debug", "info", "warning", "error"];
        const severity = severities[request.getSeverity()] ?? "info";
        if (!request.getEphemeral()) this.log.diagnose(severity, request.getMessage(), request.getUrn());
        return new Empty();
      }),
      getRootResource: answer(() => {
        const response = new engine.GetRootResourceResponse();
        response.setUrn(this.rootUrn);
        return response;
      }),
      setRootResource: answer((request: engine.SetRootResourceRequest) => {
        this.rootUrn = request.getUrn();
        return new engine.SetRootResourceResponse();
      }),
      startDebugging: unsupported("debugging"),
      requirePulumiVersion: answer(() => new engine.RequirePulumiVersionResponse()),
    });
  }

  /** Begins to serve on the loopback; the answer is the address. */
  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
        if (error) reject(error);
        else resolve(`127.0.0.1:${port}`);
      });
    });
  }

  /** Names the run that registrations go to. */
  serve(registrar: Registrar): void {
    this.registrar = registrar;
  }

  /** Stops at once. */
  close(): void {
    this.server.forceShutdown();
  }

  private get serving(): Registrar {
    if (!this.registrar) throw new ShutDown("resource monitor shut down");
    return this.registrar;
  }

  private async register(request: pb.RegisterResourceRequest): Promise<pb.RegisterResourceResponse> {
    const goal = readGoal(request, this.inherited.get(request.getParent()));
    const state = await this.serving.register(goal);
    const { protect, retainOnDelete, deletedWith } = goal;
    this.inherited.set(state.urn, { protect, retainOnDelete, deletedWith });
    const response = new pb.RegisterResourceResponse();
    response.setUrn(state.urn);
    response.setId(state.id);
    // A component's outputs are those of the run before, until it registers its own.
    response.setObject(toStruct(goal.custom ? (state.outputs ?? {}) : {}));
    response.setResult(pb.Result.SUCCESS);
    return response;
  }

  private async read(request: pb.ReadResourceRequest): Promise<pb.ReadResourceResponse> {
    const state = await this.serving.read({
      id: request.getId(),
      type: request.getType(),
      name: request.getName(),
      parent: request.getParent(),
      properties: fromStruct(request.getProperties()),
      dependencies: request.getDependenciesList(),
      provider: "",
      additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    });
    const response = new pb.ReadResourceResponse();
    response.setUrn(state.urn);
    response.setProperties(toStruct(state.outputs ?? {}));
    return response;
  }
}
