import type { Look } from "../../provider/converge/look";
import { TaasError } from "../../provider/errors";
import type { Kind } from "../../provider/face/computed";
import { monitorPortInput } from "../../provider/model/monitorPorts";
import { printableLine } from "../../provider/printable";
import type { Context } from "../../provider/resource/context";
import { monitorNameOf } from "../../provider/resource/found";
import type {
  Claim,
  FlowClaim,
  MonitorPortClaim,
  ServiceClaim,
  TunnelClaim,
} from "../../provider/schema/claim";

/** The claim type of a kind of resource. */
interface ClaimOf {
  TapService: ServiceClaim;
  TapFlow: FlowClaim;
  MirrorTunnel: TunnelClaim;
  MonitorPort: MonitorPortClaim;
}

const CLAIM_KINDS = {
  TapService: "service",
  TapFlow: "flow",
  MirrorTunnel: "tunnel",
  MonitorPort: "monitor-port",
} as const satisfies { [K in Kind]: ClaimOf[K]["kind"] };

/** A claim of a resource that is imported, on the host that the import names. */
export interface Found<K extends Kind = Kind> {
  seen: Look;
  claim: ClaimOf[K];
}

/**
 * Finds what the id of an import names: `HOST:OWNER`, with the host as a program gives it and the owner key as `claims
 * list` prints it, or `HOST:PORT` for the service whose monitor is the port, or the monitor port. If several services
 * share a port, only the owner distinguishes them. Errors: `import-unknown`.
 */
export async function findClaim<K extends Kind>(context: Context, kind: K, id: string): Promise<Found<K>> {
  // Owner keys are percent-encoded and contain no colon; addresses may.
  const colon = id.lastIndexOf(":");
  const [host, name] = [id.slice(0, Math.max(colon, 0)), id.slice(colon + 1)];
  if (host === "" || name === "")
    throw unknown(`${JSON.stringify(id)} must name a host and a claim or port on it`);
  const seen = await context.open(context.resolveHost(host)).look();
  const claims = [...seen.read.claims.values()].filter((claim) => claim.kind === CLAIM_KINDS[kind]);
  const owned = claims.filter(({ owner }) => owner === name);
  const named = owned.length > 0 ? owned : claims.filter((claim) => monitors(seen, claim, name));
  if (named.length > 1)
    throw unknown(`${name} on ${host} is the port of ${ownersOf(named)}: name the owner of the one you want`);
  const [claim] = named;
  if (claim !== undefined) return { seen, claim: claim as ClaimOf[K] };
  const list = claims.length === 0 ? "none of this kind" : ownersOf(claims);
  throw unknown(`no such claim on ${host}: ${name}; claims there: ${list}`);
}

function ownersOf(claims: readonly Claim[]): string {
  const owners = claims.map(({ owner }) => owner);
  return owners.sort().join(", ");
}

/** Whether a claim is for a monitor with a name, which may be the name in the claim or the port's current one. */
function monitors(seen: Look, claim: Claim, name: string): boolean {
  const ports =
    claim.kind === "monitor-port" ? [monitorPortInput(claim)] : claim.kind === "service" ? claim.ports : [];
  return ports.some((port) => port === name || monitorNameOf(seen, port) === name);
}

function unknown(message: string): TaasError {
  return new TaasError(printableLine(message), {
    code: "import-unknown",
    hint: "The id is HOST:OWNER, as `npx --no pulumi-taas claims list` prints both, or HOST:PORT for a service or a monitor port",
  });
}
