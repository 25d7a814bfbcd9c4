import { randomBytes } from "node:crypto";
import type * as grpc from "@grpc/grpc-js";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { annotateSecrets, containsUnknown, type PropertyMap, plainProperties } from "./properties";
import { diffProperties } from "./propertyDiff";
import {
  type CheckFailure,
  type CheckOptions,
  type CreateOptions,
  type DeleteOptions,
  type DetailedDiff,
  type DiffOptions,
  type DiffResult,
  InitFailure,
  type Provider,
  type ReadOptions,
  type ReadResult,
  type UpdateOptions,
} from "./provider";
import type { ProviderProcess } from "./providerProcess";
import { fromStruct, toStruct } from "./struct";
import { parseUrn, type Urn } from "./urn";

type Mode = "preview" | "update";

type Request = {
  setUrn(urn: string): unknown;
  setName(name: string): unknown;
  setType(type: string): unknown;
};

function addressed<R extends Request>(request: R, urn: Urn): R {
  const { name, type } = parseUrn(urn);
  request.setUrn(urn);
  request.setName(name);
  request.setType(type);
  return request;
}

/** A partial failure travels as a status message in the error's metadata. What was secret in the inputs stays so. */
function toError(error: grpc.ServiceError, inputs: PropertyMap): Error {
  const [packed] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (packed instanceof Buffer) {
    for (const detail of Status.deserializeBinary(packed).getDetailsList()) {
      const failure = detail.unpack(
        pb.ErrorResourceInitFailed.deserializeBinary,
        "pulumirpc.ErrorResourceInitFailed",
      );
      if (!failure) continue;
      const outputs = annotateSecrets(fromStruct(failure.getProperties()), inputs);
      return new InitFailure(failure.getId(), outputs, failure.getReasonsList());
    }
  }
  return new Error(error.details || error.message);
}

function call<R>(
  send: (callback: (error: grpc.ServiceError | null, response: R) => void) => void,
  inputs: PropertyMap = {},
): Promise<R> {
  return new Promise((resolve, reject) => {
    send((error, response) => (error ? reject(toError(error, inputs)) : resolve(response)));
  });
}

function failuresOf(response: pb.CheckResponse): CheckFailure[] {
  return response
    .getFailuresList()
    .map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() }));
}

/** The diff by paths, from a provider that makes one. */
function readDetails(response: pb.DiffResponse): DetailedDiff | undefined {
  if (!response.getHasdetaileddiff()) return undefined;
  const entries = response
    .getDetaileddiffMap()
    .toArray()
    .map(([path, diff]) => {
      const [kind, inputDiff] = diff as unknown as [number | undefined, boolean | undefined];
      return [path, { diffKind: diffKinds[kind ?? 0]!, inputDiff: inputDiff ?? false }] as const;
    });
  return Object.fromEntries(entries);
}

function known(outputs: PropertyMap): PropertyMap {
  if (containsUnknown(outputs)) throw new Error("the provider answered with an unknown value");
  return outputs;
}

/** What a provider says of itself when it is configured. */
interface Abilities {
  /** Else it is sent plain values, and what comes back is secret where the input of that name was. */
  readonly secrets: boolean;
  /** Else create and update stay in the engine in a preview. */
  readonly previews: boolean;
}

/** How the protocol tells what became of the value at a path. */
const diffKinds = ["add", "add-replace", "delete", "delete-replace", "update", "update-replace"] as const;

/** A provider in a process of its own, as the engine sees it. */
export class RemoteProvider implements Provider {
  private abilities: Abilities = { secrets: false, previews: false };

  constructor(
    private readonly process: ProviderProcess,
    private readonly mode: Mode,
  ) {}

  /** Checks the arguments of the provider itself. */
  async checkConfig(o: CheckOptions) {
    const request = addressed(new pb.CheckRequest(), o.urn);
    request.setOlds(toStruct(o.olds));
    request.setNews(toStruct(o.news));
    const response = await call<pb.CheckResponse>((done) => this.process.client.checkConfig(request, done));
    return { inputs: fromStruct(response.getInputs()), failures: failuresOf(response) };
  }

  /** What another configuration makes of the provider. */
  async diffConfig(o: { urn: Urn; id: string; olds: PropertyMap; news: PropertyMap }): Promise<DiffResult> {
    const request = addressed(new pb.DiffRequest(), o.urn);
    request.setId(o.id);
    request.setOldInputs(toStruct(o.olds));
    request.setOlds(toStruct(o.olds));
    request.setNews(toStruct(o.news));
    const response = await call<pb.DiffResponse>((done) => this.process.client.diffConfig(request, done));
    return {
      changes: response.getChanges() === pb.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: response.getReplacesList(),
      deleteBeforeReplace: false,
    };
  }

  /** Calls a function of the package. */
  async invoke(token: string, args: PropertyMap): Promise<PropertyMap> {
    const request = new pb.InvokeRequest();
    request.setTok(token);
    request.setArgs(toStruct(args));
    const response = await call<pb.InvokeResponse>((done) => this.process.client.invoke(request, done));
    const [failure] = response.getFailuresList();
    if (failure) throw new Error(`${token}: ${failure.getProperty()}: ${failure.getReason()}`);
    return fromStruct(response.getReturn());
  }

  private sent(map: PropertyMap): Struct {
    return toStruct(this.abilities.secrets ? map : plainProperties(map));
  }

  private received(struct: Struct | undefined, inputs: PropertyMap): PropertyMap {
    const outputs = fromStruct(struct);
    return this.abilities.secrets ? outputs : annotateSecrets(outputs, inputs);
  }

  /** A request with what was and what is to be. */
  private compared<R extends pb.DiffRequest | pb.UpdateRequest>(request: R, o: DiffOptions): R {
    addressed(request, o.urn);
    request.setId(o.id);
    request.setOldInputs(this.sent(o.oldInputs));
    request.setOlds(this.sent(o.oldOutputs));
    request.setNews(this.sent(o.newInputs));
    request.setIgnorechangesList(o.ignoreChanges);
    return request;
  }

  /** Hands over the stack's configuration, before anything else is asked. */
  async configure(o: { urn: Urn; id: string; config: PropertyMap }): Promise<void> {
    const request = addressed(new pb.ConfigureRequest(), o.urn);
    request.setId(o.id);
    request.setArgs(toStruct(o.config));
    request.setAcceptsecrets(true);
    request.setAcceptresources(true);
    request.setSendsOldInputs(true);
    request.setSendsOldInputsToDelete(true);
    const response = await call<pb.ConfigureResponse>((done) => this.process.client.configure(request, done));
    this.abilities = { secrets: response.getAcceptsecrets(), previews: response.getSupportspreview() };
  }

  async check(o: CheckOptions) {
    const request = addressed(new pb.CheckRequest(), o.urn);
    request.setOlds(this.sent(o.olds));
    request.setNews(this.sent(o.news));
    request.setRandomseed(randomBytes(32));
    const response = await call<pb.CheckResponse>((done) => this.process.client.check(request, done));
    const inputs = this.received(response.getInputs(), o.news);
    return { inputs: this.mode === "preview" ? inputs : known(inputs), failures: failuresOf(response) };
  }

  async diff(o: DiffOptions): Promise<DiffResult> {
    const request = this.compared(new pb.DiffRequest(), o);
    const response = await call<pb.DiffResponse>((done) => this.process.client.diff(request, done));
    const detailed = readDetails(response);
    const result = {
      ...(detailed === undefined ? {} : { detailed, changedKeys: Object.keys(detailed) }),
      replaces: response.getReplacesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
    };
    if (response.getChanges() !== pb.DiffResponse.DiffChanges.DIFF_UNKNOWN) {
      return { ...result, changes: response.getChanges() === pb.DiffResponse.DiffChanges.DIFF_SOME };
    }
    // Without a diff of its own, any change of the inputs counts, the provider's code included.
    const diff = diffProperties(plainProperties(o.oldInputs), plainProperties(o.newInputs), () => false);
    const changedKeys = diff ? [...diff.adds.keys(), ...diff.deletes.keys(), ...diff.updates.keys()] : [];
    return { ...result, changes: diff !== undefined, changedKeys };
  }

  async create(o: CreateOptions) {
    if (this.mode === "preview" && !this.abilities.previews) return { id: "", outputs: o.inputs };
    const request = addressed(new pb.CreateRequest(), o.urn);
    request.setPreview(this.mode === "preview");
    request.setProperties(this.sent(o.inputs));
    request.setTimeout(o.timeout);
    const response = await call<pb.CreateResponse>(
      (done) => this.process.client.create(request, done),
      o.inputs,
    );
    const outputs = this.received(response.getProperties(), o.inputs);
    if (this.mode === "preview") return { id: "", outputs };
    if (!response.getId()) throw new Error(`plugin returned empty resource.ID from create '${o.urn}'`);
    return { id: response.getId(), outputs: known(outputs) };
  }

  async read(o: ReadOptions): Promise<ReadResult> {
    const request = addressed(new pb.ReadRequest(), o.urn);
    request.setId(o.id);
    request.setInputs(this.sent(o.inputs));
    request.setProperties(this.sent(o.state));
    const response = await call<pb.ReadResponse>((done) => this.process.client.read(request, done), o.state);
    const outputs = known(this.received(response.getProperties(), o.state));
    if (!response.hasInputs()) return { id: response.getId(), outputs };
    return { id: response.getId(), outputs, inputs: known(this.received(response.getInputs(), o.inputs)) };
  }

  async update(o: UpdateOptions): Promise<PropertyMap> {
    if (this.mode === "preview" && !this.abilities.previews) return o.newInputs;
    const request = this.compared(new pb.UpdateRequest(), o);
    request.setPreview(this.mode === "preview");
    request.setTimeout(o.timeout);
    const response = await call<pb.UpdateResponse>(
      (done) => this.process.client.update(request, done),
      o.newInputs,
    );
    const outputs = this.received(response.getProperties(), o.newInputs);
    return this.mode === "preview" ? outputs : known(outputs);
  }

  async delete(o: DeleteOptions) {
    const request = addressed(new pb.DeleteRequest(), o.urn);
    request.setId(o.id);
    request.setOldInputs(this.sent(o.inputs));
    request.setProperties(this.sent(o.outputs));
    request.setTimeout(o.timeout);
    await call((done) => this.process.client.delete(request, done));
  }
}
