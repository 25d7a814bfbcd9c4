import type { handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";

type Unary = handleUnaryCall<unknown, unknown>;

/** What an engine calls before it has configured a provider, in this order or another. */
const BEGINNING: ReadonlySet<string> = new Set([
  ...["attach", "getPluginInfo", "getSchema", "checkConfig", "diffConfig", "configure"],
]);

/**
 * A service that has a provider for each connection. An engine has one for each of a stack's providers, and all of these have this
 * process where it runs in a debugger; otherwise there is one connection. A connection that was lost and comes anew has the provider
 * that came last.
 */
export function perConnection(create: () => UntypedServiceImplementation): UntypedServiceImplementation {
  let latest = create();
  const providers = new Map<string, UntypedServiceImplementation>();
  const providerOf = (peer: string, name: string): UntypedServiceImplementation => {
    const known = providers.get(peer);
    if (known !== undefined) return known;
    if (providers.size > 0 && BEGINNING.has(name)) latest = create();
    providers.set(peer, latest);
    return latest;
  };
  const serve =
    (name: string): Unary =>
    (call, callback) =>
      (providerOf(call.getPeer(), name)[name] as Unary)(call, callback);
  return Object.fromEntries(Object.keys(latest).map((name) => [name, serve(name)]));
}
