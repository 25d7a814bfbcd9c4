import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { KINDS, type Kind } from "../provider/face/computed";
import { ownerFromUrn } from "../provider/face/owner";
import { providerCode } from "../provider/face/providerCode";
import type { Caller, Provider } from "../provider/provider";
import type { Properties, ReadResult } from "../provider/resource/resource";
import type { PartialFailure } from "../provider/resource/status";
import { InitFailed } from "./answer";
import { detailedDiff } from "./diff";
import { withFieldNames } from "./fieldNames";
import type { Operations } from "./operations";
import { predictedOutputs } from "./predictedOutputs";
import { receive, secretArguments, secretsOf, send } from "./properties";

/** What the resources of a configured provider have in common. */
export interface Base {
  provider: Provider;
  operations: Operations;
  organization(): string;
  /** Shows a warning next to the resource that it concerns. */
  warn(message: string, urn: string): void;
}

interface Addressed {
  getUrn(): string;
}

/** The kind of a resource, by its type token `taas:index:TapFlow`. */
function kindOf(request: Addressed): Kind {
  const [, , types] = request.getUrn().split("::");
  const kind = KINDS.find((name) => types?.endsWith(`taas:index:${name}`));
  if (kind === undefined) throw new Error(`unknown resource type of ${request.getUrn()}`);
  return kind;
}

/** Serves the engine's requests about resources. */
export class Resources {
  constructor(private readonly base: Base) {}

  check(request: pb.CheckRequest): pb.CheckResponse {
    const kind = kindOf(request);
    const news = receive(request.getNews());
    const owner = ownerFromUrn(request.getUrn(), this.base.organization());
    const olds = receive(request.getOlds()).values;
    const { inputs, failures } = this.base.provider.check(
      ...([kind, olds, { ...withFieldNames(news.values), owner }, news.secrets] as const),
    );
    const response = new pb.CheckResponse();
    response.setInputs(send(inputs, secretsOf(kind, news)));
    response.setFailuresList(failures.map(checkFailure));
    return response;
  }

  diff(request: pb.DiffRequest): pb.DiffResponse {
    const kind = kindOf(request);
    const outputs = receive(request.getOlds()).values;
    const inputs = receive(request.getOldInputs()).values;
    const news = receive(request.getNews()).values;
    return detailedDiff(this.base.provider.diff(kind, outputs, news), { outputs, inputs }, news);
  }

  async create(request: pb.CreateRequest): Promise<pb.CreateResponse> {
    const kind = kindOf(request);
    const inputs = receive(request.getProperties());
    const secrets = secretsOf(kind, inputs);
    const response = new pb.CreateResponse();
    if (request.getPreview()) {
      response.setProperties(send(recorded(kind, predictedOutputs(kind, inputs.values, {})), secrets));
      return response;
    }
    const limit = { named: "create", seconds: request.getTimeout() };
    const { id, outs } = await this.operate(request, limit, secrets, (caller) =>
      this.base.provider.create(kind, inputs.values, caller),
    );
    response.setId(id);
    response.setProperties(send(recorded(kind, outs), secrets));
    return response;
  }

  async update(request: pb.UpdateRequest): Promise<pb.UpdateResponse> {
    const kind = kindOf(request);
    const olds = receive(request.getOlds());
    const news = receive(request.getNews());
    const secrets = secretsOf(kind, news);
    const response = new pb.UpdateResponse();
    if (request.getPreview()) {
      response.setProperties(send(recorded(kind, predictedOutputs(kind, news.values, olds.values)), secrets));
      return response;
    }
    const limit = { named: "update", seconds: request.getTimeout() };
    // If the operation fails half done, the state is based on the old outputs.
    const { outs } = await this.operate(request, limit, secretsOf(kind, olds, news), (caller) =>
      this.base.provider.update(kind, { id: request.getId(), olds: olds.values }, news.values, caller),
    );
    response.setProperties(send(recorded(kind, outs), secrets));
    return response;
  }

  async read(request: pb.ReadRequest): Promise<pb.ReadResponse> {
    const kind = kindOf(request);
    const state = receive(request.getProperties());
    const secrets = secretsOf(kind, state, receive(request.getInputs()));
    const limit = { named: "read", seconds: request.getTimeout() };
    const read = await this.operate(request, limit, secrets, (caller) =>
      state.values.incarnation === undefined
        ? this.import(kind, request.getId(), caller)
        : this.base.provider.read(kind, request.getId(), state.values, caller),
    );
    const response = new pb.ReadResponse();
    if (!("id" in read)) return response;
    response.setId(read.id);
    response.setProperties(send(recorded(kind, read.props), secrets));
    response.setInputs(send(read.inputs, secrets));
    return response;
  }

  /** Reads a resource that is not in the state yet. */
  private async import(kind: Kind, id: string, caller: Caller): Promise<ReadResult> {
    const { provider } = this.base;
    const { importState } = await import("./import/import.js");
    const imported = await importState(kind, id, { provider, context: await provider.contextFor(caller) });
    return provider.read(kind, imported.id, imported.state, caller);
  }

  async delete(request: pb.DeleteRequest): Promise<Empty> {
    const kind = kindOf(request);
    const state = receive(request.getProperties());
    const limit = { named: "delete", seconds: request.getTimeout() };
    await this.operate(request, limit, state.secrets, (caller) =>
      this.base.provider.delete(kind, state.values, caller),
    );
    return new Empty();
  }

  /** An operation on hosts. What it leaves half done is recorded in the state. */
  private async operate<T>(
    request: Addressed,
    limit: { named: string; seconds: number },
    secrets: ReadonlySet<string>,
    work: (caller: Caller) => Promise<T>,
  ): Promise<T> {
    const warn = (message: string) => this.base.warn(message, request.getUrn());
    const hidden = secretArguments(kindOf(request), secrets);
    try {
      return await this.base.operations.run(limit, (ending) => work({ warn, ending, secrets: hidden }));
    } catch (error) {
      if (!isPartial(error)) throw error;
      const properties = recorded(kindOf(request), error.properties);
      throw new InitFailed({ ...error, properties }, secrets, error.message);
    }
  }
}

function isPartial(error: unknown): error is Error & PartialFailure {
  return error instanceof Error && "properties" in error && "reasons" in error;
}

/** A failed check in the engine's form. */
export function checkFailure({ property, reason }: { property: string; reason: string }): pb.CheckFailure {
  const failure = new pb.CheckFailure();
  failure.setProperty(property);
  failure.setReason(reason);
  return failure;
}

/** Outputs for the state, with which the resource can move to the dynamic provider. */
function recorded(kind: Kind, outputs: Properties): Properties {
  return { ...outputs, __provider: providerCode(kind) };
}
