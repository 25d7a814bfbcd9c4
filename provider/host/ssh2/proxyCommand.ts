import { TaasError } from "../../errors";
import { describeEndpoint, type Endpoint } from "../endpoint";

/** Refuses a server that is reached by a `ProxyCommand`, which the built-in client does not run. Throws `needs-openssh`. */
export function refuseProxyCommand(endpoint: Endpoint): void {
  if (endpoint.proxyCommand === undefined) return;
  throw new TaasError(
    `the ssh configuration reaches ${describeEndpoint(endpoint)} by ProxyCommand (${endpoint.proxyCommand})`,
    {
      code: "needs-openssh",
      host: endpoint.name,
      hint: 'Set transport: "openssh" on the host, or use ProxyJump',
    },
  );
}
