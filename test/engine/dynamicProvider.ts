import { randomBytes } from "node:crypto";
import type * as grpc from "@grpc/grpc-js";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { DynamicHost } from "./dynamicHost";
import { annotateSecrets, containsUnknown, type PropertyMap, plainProperties } from "./properties";
import { diffProperties } from "./propertyDiff";
import { type CheckFailure, type DiffResult, InitFailure, type Provider, type ReadResult } from "./provider";
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

/** A property map as the protocol carries it. */
export function toStruct(map: PropertyMap): Struct {
  return Struct.fromJavaScript(map);
}

/** The reverse of {@link toStruct}; an absent one is empty. */
export function fromStruct(struct: Struct | undefined): PropertyMap {
  return (struct?.toJavaScript() ?? {}) as PropertyMap;
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

function known(outputs: PropertyMap): PropertyMap {
  if (containsUnknown(outputs)) throw new Error("the provider answered with an unknown value");
  return outputs;
}

/**
 * The dynamic provider as the engine sees it. Its host declares neither secrets nor previews: it is sent plain values,
 * what comes back is secret where the input of that name was, and create and update stay in the engine in a preview.
 */
export class DynamicProvider implements Provider {
  constructor(
    private readonly host: DynamicHost,
    private readonly mode: Mode,
  ) {}

  /** Hands over the stack's configuration, before anything else is asked. */
  async configure(o: { urn: Urn; id: string; config: PropertyMap }): Promise<void> {
    const request = addressed(new pb.ConfigureRequest(), o.urn);
    request.setId(o.id);
    request.setArgs(toStruct(o.config));
    request.setAcceptsecrets(true);
    request.setAcceptresources(true);
    request.setSendsOldInputs(true);
    request.setSendsOldInputsToDelete(true);
    await call((done) => this.host.client.configure(request, done));
  }

  async check(o: { urn: Urn; olds: PropertyMap; news: PropertyMap }) {
    const request = addressed(new pb.CheckRequest(), o.urn);
    request.setOlds(toStruct(plainProperties(o.olds)));
    request.setNews(toStruct(plainProperties(o.news)));
    request.setRandomseed(randomBytes(32));
    const response = await call<pb.CheckResponse>((done) => this.host.client.check(request, done));
    const inputs = fromStruct(response.getInputs());
    const failures: CheckFailure[] = response
      .getFailuresList()
      .map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() }));
    return { inputs: annotateSecrets(this.mode === "preview" ? inputs : known(inputs), o.news), failures };
  }

  async diff(o: {
    urn: Urn;
    id: string;
    oldInputs: PropertyMap;
    oldOutputs: PropertyMap;
    newInputs: PropertyMap;
    ignoreChanges: string[];
  }): Promise<DiffResult> {
    const request = addressed(new pb.DiffRequest(), o.urn);
    request.setId(o.id);
    request.setOldInputs(toStruct(plainProperties(o.oldInputs)));
    request.setOlds(toStruct(plainProperties(o.oldOutputs)));
    request.setNews(toStruct(plainProperties(o.newInputs)));
    request.setIgnorechangesList(o.ignoreChanges);
    const response = await call<pb.DiffResponse>((done) => this.host.client.diff(request, done));
    const result = {
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

  async create(o: { urn: Urn; inputs: PropertyMap; timeout: number }) {
    if (this.mode === "preview") return { id: "", outputs: o.inputs };
    const request = addressed(new pb.CreateRequest(), o.urn);
    request.setProperties(toStruct(plainProperties(o.inputs)));
    request.setTimeout(o.timeout);
    const response = await call<pb.CreateResponse>(
      (done) => this.host.client.create(request, done),
      o.inputs,
    );
    if (!response.getId()) throw new Error(`plugin returned empty resource.ID from create '${o.urn}'`);
    return {
      id: response.getId(),
      outputs: annotateSecrets(known(fromStruct(response.getProperties())), o.inputs),
    };
  }

  async read(o: { urn: Urn; id: string; inputs: PropertyMap; state: PropertyMap }): Promise<ReadResult> {
    const request = addressed(new pb.ReadRequest(), o.urn);
    request.setId(o.id);
    request.setInputs(toStruct(plainProperties(o.inputs)));
    request.setProperties(toStruct(plainProperties(o.state)));
    const response = await call<pb.ReadResponse>((done) => this.host.client.read(request, done), o.state);
    const outputs = annotateSecrets(known(fromStruct(response.getProperties())), o.state);
    if (!response.hasInputs()) return { id: response.getId(), outputs };
    return {
      id: response.getId(),
      outputs,
      inputs: annotateSecrets(known(fromStruct(response.getInputs())), o.inputs),
    };
  }

  async update(o: {
    urn: Urn;
    id: string;
    oldInputs: PropertyMap;
    oldOutputs: PropertyMap;
    newInputs: PropertyMap;
    ignoreChanges: string[];
    timeout: number;
  }): Promise<PropertyMap> {
    if (this.mode === "preview") return o.newInputs;
    const request = addressed(new pb.UpdateRequest(), o.urn);
    request.setId(o.id);
    request.setOldInputs(toStruct(plainProperties(o.oldInputs)));
    request.setOlds(toStruct(plainProperties(o.oldOutputs)));
    request.setNews(toStruct(plainProperties(o.newInputs)));
    request.setIgnorechangesList(o.ignoreChanges);
    request.setTimeout(o.timeout);
    const response = await call<pb.UpdateResponse>(
      (done) => this.host.client.update(request, done),
      o.newInputs,
    );
    return annotateSecrets(known(fromStruct(response.getProperties())), o.newInputs);
  }

  async delete(o: { urn: Urn; id: string; inputs: PropertyMap; outputs: PropertyMap; timeout: number }) {
    const request = addressed(new pb.DeleteRequest(), o.urn);
    request.setId(o.id);
    request.setOldInputs(toStruct(plainProperties(o.inputs)));
    request.setProperties(toStruct(plainProperties(o.outputs)));
    request.setTimeout(o.timeout);
    await call((done) => this.host.client.delete(request, done));
  }
}
