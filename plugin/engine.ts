import { credentials, type ServiceError } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Milliseconds that the engine may be out of reach. */
const PATIENCE = 5000;

/** The engine that this process serves; where there is none, warnings are printed. */
export class Engine {
  private client: EngineClient | undefined;

  /** Takes the engine at an address for the one that is served from now on. */
  connect(address: string): void {
    this.client?.close();
    // The engine is on the loopback, which no proxy leads to.
    this.client = new EngineClient(address, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  }

  /** Shows a warning beside the resource that it is about. */
  warn(message: string, urn: string): void {
    const print = () => console.error(`warning: ${message}`);
    if (this.client === undefined) {
      print();
      return;
    }
    const request = new LogRequest();
    request.setSeverity(LogSeverity.WARNING);
    request.setMessage(message);
    request.setUrn(urn);
    this.client.log(request, (error: ServiceError | null) => {
      if (error !== null) print();
    });
  }

  /** Calls once the engine is gone for good, as after a kill: nobody else would end this process. */
  watch(gone: () => void): void {
    const { client } = this;
    client?.waitForReady(Date.now() + PATIENCE, (error) => {
      if (error !== undefined) return gone();
      const channel = client.getChannel();
      const state = channel.getConnectivityState(true);
      channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => this.watch(gone));
    });
  }
}
