import { TaasError } from "../errors";

/** The last hop of a `ProxyJump` list, and the hops before it, still as a list. */
export interface JumpHop {
  address: string;
  user?: string;
  port?: number;
  proxyJump?: string;
}

/** Splits the last hop from `[user@]host[:port]` or `ssh://` items, separated by commas (ssh_config(5), ProxyJump). */
export function parseJumpChain(chain: string, name: string): JumpHop {
  const hops = chain.split(",");
  const last = hops.pop()!;
  const match =
    /^(?:ssh:\/\/)?(?:(?<user>.*)@)?(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^@:/[\]]+))(?::(?<port>\d+))?\/?$/.exec(
      last,
    );
  const { user, bracketed, plain, port } = match?.groups ?? {};
  const address = bracketed ?? plain;
  if (address === undefined) {
    throw new TaasError(`the jump host ${JSON.stringify(last)} is not [user@]host[:port]`, {
      code: "invalid-host",
      host: name,
    });
  }
  return {
    address,
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(hops.length === 0 ? {} : { proxyJump: hops.join(",") }),
  };
}
