import * as grpc from "@grpc/grpc-js";
import type { InvokeResponse } from "@pulumi/pulumi/proto/provider_pb";
import { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Program } from "../program";
import type { Project } from "../project";
import { type PropertyMap, type PropertyValue, unknownValue } from "../properties";
import { channelOptions } from "../providerProcess";
import { fromStruct, toStruct } from "../struct";
import type { Urn } from "../urn";
import { evaluate, evaluateMap, type Scope } from "./expression";
import { optionsOf, type ResourceOptions, setOptions } from "./options";

/** A resource as a YAML program has it. */
interface Declared {
  readonly type: string;
  readonly name?: string;
  readonly properties?: PropertyMap;
  readonly options?: ResourceOptions;
}

/** What a program of `runtime: yaml` consists of. */
export interface YamlSource {
  readonly resources?: Readonly<Record<string, Declared>>;
  readonly variables?: PropertyMap;
  readonly outputs?: PropertyMap;
  readonly config?: Readonly<Record<string, { type?: string } | PropertyValue>>;
}

/** A value, and the resources that it comes from. */
interface Known {
  readonly value: PropertyValue;
  readonly urns: ReadonlySet<Urn>;
}

/** A resource that has been registered. */
export interface Registered extends Known {
  readonly urn: Urn;
  readonly id: string;
}

interface Surroundings {
  readonly project: Project;
  readonly stack: string;
  readonly config: Readonly<Record<string, string>>;
  readonly address: string;
  readonly mode: "preview" | "update";
}

/** `taas:TapFlow` stands for `taas:index:TapFlow`. */
function token(text: string): string {
  const parts = text.split(":");
  return parts.length === 2 ? `${parts[0]}:index:${parts[1]}` : text;
}

/** Evaluates a YAML program and registers what it declares, each resource once what it refers to is there. */
class YamlProgram {
  private readonly monitor: ResourceMonitorClient;
  private readonly known = new Map<string, Promise<Known>>();
  private root: Urn = "";

  constructor(
    private readonly source: YamlSource,
    private readonly around: Surroundings,
  ) {
    this.monitor = new ResourceMonitorClient(
      around.address,
      grpc.credentials.createInsecure(),
      channelOptions,
    );
  }

  async run(): Promise<void> {
    const { project, stack } = this.around;
    const root = new pb.RegisterResourceRequest();
    root.setType("pulumi:pulumi:Stack");
    root.setName(`${project.name}-${stack}`);
    this.root = (await this.register(root)).getUrn();
    await Promise.all(Object.keys(this.source.resources ?? {}).map((name) => this.lookup(name)));
    const outputs = await evaluateMap(this.source.outputs ?? {}, this.scope(new Set()));
    const request = new pb.RegisterResourceOutputsRequest();
    request.setUrn(this.root);
    request.setOutputs(toStruct(outputs));
    await this.call<Empty>((done) => this.monitor.registerResourceOutputs(request, done));
    await this.call<Empty>((done) => this.monitor.signalAndWaitForShutdown(new Empty(), done));
  }

  close(): void {
    this.monitor.close();
  }

  /** The resource that an option names. */
  async resource(name: string): Promise<Registered> {
    const found = await this.lookup(name);
    if (!("urn" in found)) throw new Error(`${name} is no resource`);
    return found as Registered;
  }

  private lookup(name: string): Promise<Known> {
    const known = this.known.get(name) ?? this.find(name);
    this.known.set(name, known);
    return known;
  }

  private async find(name: string): Promise<Known> {
    const { resources = {}, variables = {}, config = {} } = this.source;
    const declared = resources[name];
    if (declared !== undefined) return this.declare(name, declared);
    const urns = new Set<Urn>();
    if (name in variables) return { value: await evaluate(variables[name]!, this.scope(urns)), urns };
    const text = this.around.config[`${this.around.project.name}:${name}`];
    if (text === undefined) throw new Error(`${name} is neither a resource, a variable nor configured`);
    const entry = config[name];
    const type = typeof entry === "object" && entry !== null && "type" in entry ? entry.type : "string";
    return { value: type === "string" ? text : (JSON.parse(text) as PropertyValue), urns };
  }

  /** `urns`: takes the resources that what is evaluated comes from. */
  private scope(urns: Set<Urn>): Scope {
    return {
      absent: this.around.mode === "preview" ? unknownValue : undefined,
      lookup: async (name) => {
        const known = await this.lookup(name);
        for (const urn of known.urns) urns.add(urn);
        return known.value;
      },
      invoke: async (name, args) => {
        const request = new pb.ResourceInvokeRequest();
        request.setTok(token(name));
        request.setArgs(toStruct(args));
        const response = await this.call<InvokeResponse>((done) => this.monitor.invoke(request, done));
        return fromStruct(response.getReturn());
      },
    };
  }

  private async declare(name: string, declared: Declared): Promise<Registered> {
    const request = new pb.RegisterResourceRequest();
    request.setType(token(declared.type));
    request.setName(declared.name ?? name);
    request.setCustom(true);
    request.setAcceptsecrets(true);
    request.setParent(this.root);
    const dependencies = new Set<Urn>();
    const properties: PropertyMap = {};
    for (const [property, value] of Object.entries(declared.properties ?? {})) {
      const urns = new Set<Urn>();
      properties[property] = await evaluate(value, this.scope(urns));
      const list = new pb.RegisterResourceRequest.PropertyDependencies();
      list.setUrnsList([...urns]);
      request.getPropertydependenciesMap().set(property, list);
      for (const urn of urns) dependencies.add(urn);
    }
    request.setObject(toStruct(properties));
    const options = await optionsOf(declared.options ?? {}, (reference) => this.resource(reference));
    for (const urn of options.dependsOn) dependencies.add(urn);
    request.setDependenciesList([...dependencies]);
    setOptions(request, options);
    const response = await this.register(request);
    const [urn, id] = [response.getUrn(), response.getId() || unknownValue];
    return { urn, id, value: { ...fromStruct(response.getObject()), urn, id }, urns: new Set([urn]) };
  }

  private register(request: pb.RegisterResourceRequest): Promise<pb.RegisterResourceResponse> {
    return this.call((done) => this.monitor.registerResource(request, done));
  }

  private call<R>(send: (done: (error: grpc.ServiceError | null, response: R) => void) => void): Promise<R> {
    return new Promise((resolve, reject) => {
      send((error, response) => (error ? reject(error) : resolve(response)));
    });
  }
}

/** Runs a YAML program against the monitor, as the CLI's language host does. */
export function startYaml(source: YamlSource, around: Surroundings): Program {
  const program = new YamlProgram(source, around);
  const finished = program.run().then(
    () => "succeeded" as const,
    (error: Partial<grpc.ServiceError> & Error) => {
      // The run is over, and whoever ended it has told why.
      if (error.code === grpc.status.UNAVAILABLE) return "reported" as const;
      throw error.details === undefined ? error : new Error(error.details);
    },
  );
  finished.catch(() => {});
  return { finished, stop: async () => program.close() };
}
