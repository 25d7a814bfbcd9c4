import { type handleUnaryCall, status, type UntypedServiceImplementation } from "@grpc/grpc-js";

type Unary = handleUnaryCall<unknown, unknown>;

/** A service whose unary methods are loaded by the first call, because the engine only waits for the port. */
export function lazyService(
  definition: Readonly<Record<string, { responseStream: boolean }>>,
  load: () => Promise<UntypedServiceImplementation>,
): UntypedServiceImplementation {
  let loading: Promise<UntypedServiceImplementation> | undefined;
  const serve =
    (name: string): Unary =>
    async (call, callback) => {
      loading ??= load();
      const method = (await loading)[name] as Unary | undefined;
      if (method !== undefined) return method(call, callback);
      callback({ code: status.UNIMPLEMENTED, details: `the provider has no ${name}` });
    };
  const unary = Object.entries(definition).filter(([, { responseStream }]) => !responseStream);
  return Object.fromEntries(unary.map(([name]) => [name, serve(name)]));
}
