import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { type PluginAttach, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { TaasError } from "../provider/errors";
import { type Caller, Provider } from "../provider/provider";
import { changedPaths } from "../provider/resource/changedPaths";
import type { Properties } from "../provider/resource/resource";
import { answer } from "./answer";
import {
  type Configuration,
  checkConfiguration,
  isArgument,
  isOfNamesake,
  readConfiguration,
} from "./configuration";
import { withFieldNames } from "./fieldNames";
import { Operations } from "./operations";
import { receive, send } from "./properties";
import { type Base, checkFailure, Resources } from "./resources";

/** Answers a call with these arguments. */
type Call = (args: Properties, caller: Caller) => Promise<object>;

/** One provider of a stack: the default one, or an explicit one, each with a configuration of its own. */
export class Server {
  private configuration: Configuration | undefined;
  private readonly provider: Provider;
  private readonly operations = new Operations();
  private readonly resources: Resources;

  /**
   * `folder`: contains the package's schema and version. `attach`: called with the address of an engine that did not
   * start this process.
   */
  constructor(
    private readonly folder: string,
    private readonly warn: Base["warn"],
    private readonly attach: (address: string) => void,
  ) {
    const { operations } = this;
    const provider = new Provider(() => this.configured().settings);
    this.provider = provider;
    this.resources = new Resources({
      ...{ provider, operations, warn },
      organization: () => this.configured().organization,
    });
  }

  /** The methods of `pulumirpc.ResourceProvider`; the engine does not need the others. */
  service(): UntypedServiceImplementation {
    const { resources } = this;
    return {
      attach: answer((request: PluginAttach) => this.attachTo(request)),
      getPluginInfo: answer(() => this.pluginInfo()),
      getSchema: answer(() => this.schema()),
      checkConfig: answer(checkConfig),
      diffConfig: answer(diffConfig),
      configure: answer((request: pb.ConfigureRequest) => this.configure(request)),
      check: answer((request: pb.CheckRequest) => resources.check(request)),
      diff: answer((request: pb.DiffRequest) => resources.diff(request)),
      create: answer((request: pb.CreateRequest) => resources.create(request)),
      read: answer((request: pb.ReadRequest) => resources.read(request)),
      update: answer((request: pb.UpdateRequest) => resources.update(request)),
      delete: answer((request: pb.DeleteRequest) => resources.delete(request)),
      invoke: answer((request: pb.InvokeRequest) => this.invoke(request)),
      cancel: answer(() => this.cancel()),
    };
  }

  private configured(): Configuration {
    if (this.configuration !== undefined) return this.configuration;
    throw new TaasError("the provider is not configured yet", { code: "invalid-config" });
  }

  /**
   * Serves an engine that finds this process already running, for instance in a debugger:
   * PULUMI_DEBUG_PROVIDERS=taas:PORT.
   */
  private attachTo(request: PluginAttach): Empty {
    this.attach(request.getAddress());
    return new Empty();
  }

  private pluginInfo(): PluginInfo {
    const info = new PluginInfo();
    info.setVersion((JSON.parse(this.file("package.json")) as { version: string }).version);
    return info;
  }

  private schema(): pb.GetSchemaResponse {
    const response = new pb.GetSchemaResponse();
    response.setSchema(this.file("schema.json"));
    return response;
  }

  private file(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  private configure(request: pb.ConfigureRequest): pb.ConfigureResponse {
    this.configuration = readConfiguration(receive(request.getArgs()).values);
    const response = new pb.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    return response;
  }

  /** The functions that programs may call, by token. */
  private readonly functions: Readonly<Record<string, Call>> = {
    "taas:index:getTapStatistics": (args, caller) => this.provider.statistics(args, caller),
    "taas:index:verifyTaps": (args, caller) => this.provider.verifyTaps(args, caller),
  };

  private async invoke(request: pb.InvokeRequest): Promise<pb.InvokeResponse> {
    const token = request.getTok();
    const call = this.functions[token];
    if (call === undefined) throw new Error(`unknown function ${token}`);
    const { values, secrets } = receive(request.getArgs());
    const response = new pb.InvokeResponse();
    const answered = await this.operations.run({ named: "read", seconds: 0 }, (ending) =>
      call(withFieldNames(values), { warn: (message) => this.warn(message, ""), ending, secrets }),
    );
    const all = secrets.size > 0 ? new Set(Object.keys(answered)) : secrets;
    response.setReturn(send(answered as unknown as Properties, all));
    return response;
  }

  /** The engine also cancels at the end of every run, and may send more requests. */
  private async cancel(): Promise<Empty> {
    await this.operations.cancel();
    await this.provider.close();
    return new Empty();
  }
}

function checkConfig(request: pb.CheckRequest): pb.CheckResponse {
  const news = request.getNews() ?? new Struct();
  if (isOfNamesake(request.getUrn()))
    for (const name of Object.keys(receive(news).values))
      if (!isArgument(name)) news.getFieldsMap().del(name);
  const failures = checkConfiguration(receive(news).values);
  const response = new pb.CheckResponse();
  response.setInputs(news);
  // The engine sends secrets in plain text, and prints the value of a property that a failure names. Here only the
  // reason names it.
  response.setFailuresList(failures.map(({ reason }) => checkFailure({ property: "", reason })));
  return response;
}

/** Another configuration does not replace what was created with the previous one. */
function diffConfig(request: pb.DiffRequest): pb.DiffResponse {
  const [olds, news] = [request.getOldInputs() ?? request.getOlds(), request.getNews()];
  const changed = changedPaths(receive(olds).values, receive(news).values).length > 0;
  const response = new pb.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = pb.DiffResponse.DiffChanges;
  response.setChanges(changed ? DIFF_SOME : DIFF_NONE);
  return response;
}
