import { defaultTunnelId } from "../model/identity";
import { writeClaim } from "../plan/claims";
import type { Claim, FlowClaim, ServiceClaim, TunnelClaim } from "../schema/claim";
import { asGivenPort } from "../schema/port";

const VOLATILE = {
  token: "",
  pending: undefined,
  replaces: undefined,
  writer: "",
  time: "",
};

/**
 * Fields that do not affect what the resource is: how the other ends are reached, how a host was before, earlier names
 * of a service, and the progress of a tunnel or a move.
 */
const TRANSIENT = {
  from: undefined,
  elsewhere: undefined,
  phase: undefined,
  movingFrom: undefined,
  former: undefined,
} satisfies Partial<Record<keyof FlowClaim | keyof TunnelClaim | keyof ServiceClaim, undefined>>;

/** Whether two claims are the same, whoever wrote them and when. */
export function areEqual(a: Claim, b: Claim): boolean {
  const text = (claim: Claim) => writeClaim({ ...claim, ...VOLATILE });
  return text(a) === text(b);
}

/**
 * Whether a claim follows from the same arguments as a new one of its owner. What operations find out on hosts is not
 * compared, because it may have changed since.
 */
export function areGivenEqually(existing: Claim, next: Claim): boolean {
  const isDerived = next.kind === "service" && next.tunnelId === defaultTunnelId(next.owner);
  const given = (claim: Claim): Claim => {
    const content: object = { ...asGiven(claim), ...TRANSIENT, ...(isDerived ? { tunnelId: 0 } : {}) };
    return content as Claim;
  };
  return areEqual(given(existing), given(next));
}

/**
 * A claim without what was found out: the iface-id of a port, the longest frame, and the names and addresses of the
 * ends. The tunnel id of a flow follows from its service, and that of a service from its name unless it is given.
 */
function asGiven(claim: Claim): object {
  if (claim.kind === "service") return { ...claim, ports: claim.ports.map(asGivenPort) };
  if (claim.kind !== "flow") return claim;
  const { source, peer, tunnel, collector } = claim;
  return {
    ...claim,
    tunnelId: 0,
    source: source && {
      ...source,
      port: source.port && asGivenPort(source.port),
      maxFrame: source.maxFrame && "found",
    },
    peer: peer?.machine,
    tunnel: tunnel && { ...tunnel, local: "", remote: "" },
    collector: collector && { ...collector, local: "" },
  };
}
