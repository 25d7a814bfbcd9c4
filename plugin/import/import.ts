import { TaasError } from "../../provider/errors";
import type { Kind } from "../../provider/face/computed";
import type { Provider } from "../../provider/provider";
import type { Context } from "../../provider/resource/context";
import type { Properties } from "../../provider/resource/resource";
import { namesOf } from "../../provider/resource/tunnelRounds";
import { foundIfaceIds } from "../../provider/schema/port";
import { flowArguments, type Importing, monitorPortArguments, serviceArguments } from "./arguments";
import { findClaim } from "./find";
import { membersOf, tunnelArguments } from "./tunnel";

/**
 * The state of a resource that some stack has created, from its claims alone: the next `up` gives the claims their new
 * owner key, and changes nothing else. A later read determines its status. Errors: `import-unknown`.
 */
export async function importState(
  kind: Kind,
  id: string,
  { provider, context }: { provider: Provider; context: Context },
): Promise<{ id: string; state: Properties }> {
  const check = (of: Kind, args: Properties) => checked(provider, of, args);
  const { args, found } = await READ[kind](id, { context, check });
  const state = { ...check(kind, args), ...found };
  return { id: String(args.owner), state: JSON.parse(JSON.stringify(state)) as Properties };
}

/** The arguments of a resource, and what else the state contains. */
type Read = Promise<{ args: Properties; found: Properties }>;

/** How each kind of resource is read from its claims. */
const READ: Readonly<Record<Kind, (id: string, importing: Importing) => Read>> = {
  async TapService(id, { context }) {
    const service = await findClaim(context, "TapService", id);
    const { token, ports } = service.claim;
    const found = { incarnation: token, portName: "", ifaceIds: foundIfaceIds(ports) };
    return { args: serviceArguments(service), found };
  },
  async TapFlow(id, importing) {
    const flow = await findClaim(importing.context, "TapFlow", id);
    const { token, source } = flow.claim;
    const ports = source?.port === undefined ? [] : [source.port];
    const found = { incarnation: token, portName: "", ifaceIds: foundIfaceIds(ports) };
    return { args: await flowArguments(flow, importing), found };
  },
  async MirrorTunnel(id, { context }) {
    const tunnel = await findClaim(context, "MirrorTunnel", id);
    const members = await membersOf(tunnel, context);
    const found = { incarnation: tunnel.claim.token, portNames: namesOf(members) };
    return { args: tunnelArguments(members), found };
  },
  async MonitorPort(id, { context }) {
    const port = await findClaim(context, "MonitorPort", id);
    return { args: monitorPortArguments(port), found: { incarnation: port.claim.token } };
  },
};

function checked(provider: Provider, kind: Kind, args: Properties): Properties {
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  const { inputs, failures } = provider.check(kind, {}, Object.fromEntries(given), new Set());
  const [failure] = failures;
  if (failure === undefined) return inputs;
  throw new TaasError(
    `the claim of ${args.owner} does not describe a valid ${kind}: ${failure.property}: ${failure.reason}`,
    {
      code: "import-unknown",
      hint: "Somebody has altered the claim: run up --refresh in the stack that created it, which repairs it",
    },
  );
}
