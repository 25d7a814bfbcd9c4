import { otherEnds } from "../../provider/converge/leftovers";
import type { Look } from "../../provider/converge/look";
import { TaasError } from "../../provider/errors";
import type { Kind } from "../../provider/face/computed";
import type { HostRecord } from "../../provider/host/host";
import { serviceFinder } from "../../provider/model/serviceNames";
import type { Context } from "../../provider/resource/context";
import type { Properties } from "../../provider/resource/resource";
import type { FlowClaim } from "../../provider/schema/claim";
import { captureOptions, treatmentOptions } from "../../provider/schema/flow";
import { monitorPortOptions } from "../../provider/schema/monitorPort";
import { defaultOf, pick } from "../../provider/schema/options";
import { asGivenPort } from "../../provider/schema/port";
import { monitorOptions } from "../../provider/schema/service";
import type { Found } from "./find";
import { membersOf, tunnelArguments } from "./tunnel";

/** What is needed to derive resources from claims. */
export interface Importing {
  context: Context;
  /** The checked inputs of a resource of another kind that an argument refers to. */
  check(kind: Kind, args: Properties): Properties;
}

/** The options of a flow whose claim contains them in the form of arguments. */
const OPTIONS = Object.keys({ ...captureOptions, ...treatmentOptions }) as (
  | keyof typeof captureOptions
  | keyof typeof treatmentOptions
)[];

/** The arguments of a service, from its claim. */
export function serviceArguments({ seen, claim }: Found<"TapService">): Properties {
  const { owner, tunnelId, tenant, allowCrossTenant, description, distribution, attachment } = claim;
  const ports = claim.ports.map(asGivenPort);
  // Only a list of monitors can have a distribution, however long it is.
  const isOne = ports.length === 1 && distribution === defaultOf(monitorOptions.distribution);
  return {
    ...{ owner, tunnelId, tenant, allowCrossTenant, description, distribution, attachment },
    host: seen.record,
    ...(isOne ? { port: ports[0] } : { ports }),
  };
}

/** The arguments of a monitor port, from its claim. */
export function monitorPortArguments({ seen, claim }: Found<"MonitorPort">): Properties {
  const { owner, tenant, description } = claim;
  return { owner, tenant, description, host: seen.record, ...pick(monitorPortOptions, claim) };
}

/** The arguments of a flow, from its claim on the host of its source. */
export async function flowArguments(found: Found<"TapFlow">, importing: Importing): Promise<Properties> {
  const { seen, claim } = found;
  const { owner, source, tenant, description, until } = claim;
  if (source === undefined) {
    const there = claim.from === undefined ? "" : `: ${claim.from.name}:${owner}`;
    throw new TaasError(`the tapped port of ${owner} is on another host`, {
      code: "import-unknown",
      host: seen.record.name,
      hint: `Import it by the host of its source${there}`,
    });
  }
  const tunnel = tunnelOf(found);
  return {
    ...{ owner, tenant, description, until },
    ...Object.fromEntries(OPTIONS.map((name) => [name, source[name]])),
    host: seen.record,
    ...(source.port === undefined ? { ports: source.ports } : { port: asGivenPort(source.port) }),
    service: await serviceReference(found, importing),
    transport: claim.shared === undefined ? "dedicated" : "shared",
    mtuPolicy: source.maxFrame === undefined ? "warn" : "truncate",
    tunnel: tunnel && (await tunnelReference(tunnel, importing)),
  };
}

/** The explicit tunnel that a flow uses. */
function tunnelOf({ seen, claim }: Found<"TapFlow">): Found<"MirrorTunnel"> | undefined {
  const tunnel = claim.tunnel === undefined ? undefined : seen.read.claims.get(claim.tunnel.owner);
  return tunnel?.kind === "tunnel" ? { seen, claim: tunnel } : undefined;
}

async function tunnelReference(
  tunnel: Found<"MirrorTunnel">,
  { context, check }: Importing,
): Promise<unknown> {
  return check("MirrorTunnel", tunnelArguments(await membersOf(tunnel, context))).ref;
}

/** The reference to the service that a flow sends to. */
async function serviceReference({ seen, claim }: Found<"TapFlow">, importing: Importing): Promise<unknown> {
  const { tunnelId } = claim;
  if (claim.collector !== undefined) {
    const { local, ...collector } = claim.collector;
    return { format: 1, owner: claim.service, tunnelId, attachment: "collector", collector };
  }
  const there = await destinationOf(seen, claim, importing);
  const service = serviceFinder(there.read.claims.values())(claim);
  if (service === undefined) {
    throw new TaasError(`the service ${claim.service} of ${claim.owner} does not exist`, {
      code: "import-unknown",
      host: there.record.name,
      hint: "Destroy the flow in the stack that created it",
    });
  }
  return importing.check("TapService", serviceArguments({ seen: there, claim: service })).ref;
}

async function destinationOf(seen: Look, claim: FlowClaim, { context }: Importing): Promise<Look> {
  const other = otherEnds(claim).find(({ machine }) => machine === claim.destination);
  if (other === undefined) return seen;
  return context.open(await context.claimedHost(other.host as HostRecord)).look();
}
