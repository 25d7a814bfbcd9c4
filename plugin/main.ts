import { Server as GrpcServer, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { engineAddress, nameRun } from "../provider/engineRun";
import { Engine } from "./engine";
import { lazyService } from "./lazyService";
import { perConnection } from "./perConnection";

/** The most bytes of a message; Pulumi's own limit. */
const MAX_MESSAGE = 400 * 1024 * 1024;

/**
 * Serves one provider on a loopback port, which is printed as the first line; the engine's address is the last
 * argument.
 */
function main(): void {
  const engine = new Engine();
  const serve = (address: string) => {
    nameRun(address);
    engine.connect(address);
  };
  const address = engineAddress(process.argv.slice(2));
  if (address !== undefined) serve(address);
  const load = async (): Promise<UntypedServiceImplementation> => {
    const { Server } = await import("./server.js");
    const warn = (message: string, urn: string) => engine.warn(message, urn);
    return perConnection(() => new Server(__dirname, warn, serve).service());
  };
  const server = new GrpcServer({
    "grpc.max_receive_message_length": MAX_MESSAGE,
    "grpc.max_send_message_length": MAX_MESSAGE,
  });
  server.addService(ResourceProviderService, lazyService(ResourceProviderService, load));
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    console.log(port);
    engine.watch(() => process.exit(1));
  });
}

main();
