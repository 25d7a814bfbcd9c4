import type { handleUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";

type Unary = handleUnaryCall<unknown, unknown>;

/** What an engine calls before it has configured a provider, in this order or another. */
const BEGINNING: ReadonlySet<string> = new Set([
  ...["attach", "getPluginInfo", "getSchema", "checkConfig", "diffConfig", "configure"],
]);

/**
 * A service that has a provider for each connection. An engine has one for each of a stack's providers, and all of these have this
 * process where it runs in a debugger; otherwise there is one connection. A connection that was lost and comes anew has that one's
 * provider; where there were several it is refused, because it could be any of them.
 */
export function perConnection(create: () => UntypedServiceImplementation): UntypedServiceImplementation {
  let latest = create();
  let areSeveral = false;
  const providers = new Map<string, UntypedServiceImplementation>();
  const providerOf = (peer: string, name: string): UntypedServiceImplementation => {
    const known = providers.get(peer);
    if (known !== undefined) return known;
    if (providers.size > 0 && BEGINNING.has(name)) {
      latest = create();
      areSeveral = true;
    } else if (areSeveral) {
      throw new Error("the connection was lost, and this process serves several providers: run again");
    }
    providers.set(peer, latest);
    return latest;
  };
  const serve =
    (name: string): Unary =>
    (call, callback) => {
      try {
        (providerOf(call.getPeer(), name)[name] as Unary)(call, callback);
      } catch (error) {
        callback(error as Error);
      }
    };
  return Object.fromEntries(Object.keys(latest).map((name) => [name, serve(name)]));
}
