import { credentials, type ServiceError } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Milliseconds that the engine may be out of reach. */
const PATIENCE = 5000;

/** The engine that has started this process. */
export class Engine {
  private readonly client: EngineClient;

  constructor(address: string) {
    // The engine is on the loopback, which no proxy leads to.
    this.client = new EngineClient(address, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  }

  /** Shows a warning beside the resource that it is about. */
  warn(message: string, urn = ""): void {
    const request = new LogRequest();
    request.setSeverity(LogSeverity.WARNING);
    request.setMessage(message);
    request.setUrn(urn);
    this.client.log(request, (error: ServiceError | null) => {
      if (error !== null) console.error(`warning: ${message}`);
    });
  }

  /** Calls once the engine is gone for good, as after a kill: nobody else would end this process. */
  watch(gone: () => void): void {
    this.client.waitForReady(Date.now() + PATIENCE, (error) => {
      if (error !== undefined) return gone();
      const channel = this.client.getChannel();
      const state = channel.getConnectivityState(true);
      channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => this.watch(gone));
    });
  }
}
