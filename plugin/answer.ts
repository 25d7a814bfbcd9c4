import { type handleUnaryCall, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { TaasError } from "../provider/errors";
import type { Properties } from "../provider/resource/resource";
import type { PartialFailure } from "../provider/resource/status";
import { send } from "./properties";

/** A resource that exists but is not as it should be, in the form in which the engine records it. */
export class InitFailed extends Error {
  constructor(
    readonly failure: PartialFailure,
    readonly secrets: ReadonlySet<string>,
    message: string,
  ) {
    super(message);
  }
}

/** Serves one method of the protocol: an error that the function throws becomes the answer's error. */
export function answer<Request, Response>(
  serve: (request: Request) => Promise<Response> | Response,
): handleUnaryCall<Request, Response> {
  return async ({ request }, callback) => {
    try {
      callback(null, await serve(request));
    } catch (error) {
      callback(failure(error as Error));
    }
  };
}

function failure(error: Error): Partial<ServiceError> {
  if (!(error instanceof TaasError || error instanceof InitFailed)) console.error(error.stack);
  const answer = { code: status.UNKNOWN, details: error.message };
  if (!(error instanceof InitFailed)) return answer;
  const metadata = new Metadata();
  // The header in which gRPC carries the details of an error (google.rpc.Status).
  metadata.add("grpc-status-details-bin", Buffer.from(details(error)));
  return { ...answer, metadata };
}

function details({ failure: { id, properties, reasons }, secrets, message }: InitFailed): Uint8Array {
  const failed = new ErrorResourceInitFailed();
  failed.setId(id);
  failed.setProperties(send(withoutUndefined(properties), secrets));
  failed.setReasonsList(reasons);
  const any = new Any();
  any.pack(failed.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const packed = new Status();
  packed.setCode(status.UNKNOWN);
  packed.setMessage(message);
  packed.addDetails(any);
  return packed.serializeBinary();
}

function withoutUndefined(properties: Properties): Properties {
  return JSON.parse(JSON.stringify(properties)) as Properties;
}
