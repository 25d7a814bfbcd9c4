import { credentials, type ServiceError } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Milliseconds for which the engine may be unreachable. */
const PATIENCE = 5000;

/** The engine that this process serves; without one, warnings are printed. */
export class Engine {
  private client: EngineClient | undefined;

  /** Serves the engine at an address from now on. */
  connect(address: string): void {
    this.client?.close();
    // The engine listens on the loopback interface, which no proxy can reach.
    this.client = new EngineClient(address, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  }

  /** Shows a warning next to the resource that it concerns. */
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

  /** Calls back when the engine is gone for good, for instance killed: nothing else would end this process. */
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
