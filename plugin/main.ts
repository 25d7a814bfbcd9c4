import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { Server as GrpcServer, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Engine } from "./engine";
import { lazyService } from "./lazyService";

/** Bytes of a message; Pulumi's own limit. */
const MAX_MESSAGE = 400 * 1024 * 1024;

/** Serves one provider on a port of the loopback, which is printed as the first line; the engine's address is the last argument. */
function main(): void {
  const address = process.argv.slice(2).findLast((argument) => !argument.startsWith("-"));
  if (address !== undefined) process.env.TAAS_RUN = runOf(address);
  const engine = address === undefined ? undefined : new Engine(address);
  const warn = (message: string, urn: string) =>
    engine === undefined ? console.error(`warning: ${message}`) : engine.warn(message, urn);
  const load = async (): Promise<UntypedServiceImplementation> => {
    const { Server } = await import("./server.js");
    return new Server(__dirname, warn).service();
  };
  const server = new GrpcServer({
    "grpc.max_receive_message_length": MAX_MESSAGE,
    "grpc.max_send_message_length": MAX_MESSAGE,
  });
  server.addService(ResourceProviderService, lazyService(ResourceProviderService, load));
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    console.log(port);
    engine?.watch(() => process.exit(1));
  });
}

/** The run of an engine, the same for all its providers: each is a process of its own, which the engine has started. */
function runOf(engine: string): string {
  return createHash("sha256").update(`${hostname()} ${process.ppid} ${engine}`).digest("hex").slice(0, 16);
}

main();
