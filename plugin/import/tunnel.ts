import { allOf } from "../../provider/allOf";
import { tunnelAddress } from "../../provider/converge/addresses";
import { otherEnds } from "../../provider/converge/leftovers";
import type { Look } from "../../provider/converge/look";
import { TaasError } from "../../provider/errors";
import type { HostRecord } from "../../provider/host/host";
import type { Context } from "../../provider/resource/context";
import type { Properties } from "../../provider/resource/resource";
import type { TunnelClaim } from "../../provider/schema/claim";
import type { Found } from "./find";

/** One end of a tunnel: its host and its claim there. */
export interface Member {
  seen: Look;
  draft: TunnelClaim;
}

/** The ends of a tunnel, first that of the host which the import names. */
export async function membersOf(
  { seen, claim }: Found<"MirrorTunnel">,
  context: Context,
): Promise<[Member, ...Member[]]> {
  const others = await allOf(
    otherEnds(claim).map(async ({ host }) =>
      context.open(await context.claimedHost(host as HostRecord)).look(),
    ),
  );
  return [{ seen, draft: claim }, ...others.map((look) => ({ seen: look, draft: ownClaim(look, claim) }))];
}

function ownClaim({ read, record }: Look, { owner, token }: TunnelClaim): TunnelClaim {
  const claim = read.claims.get(owner);
  if (claim?.kind === "tunnel" && claim.token === token) return claim;
  throw new TaasError(`there is no claim of ${owner}, although other hosts have one`, {
    code: "import-unknown",
    host: record.name,
    hint: "Run up in the stack that created the tunnel, which repairs it",
  });
}

/** The arguments of a tunnel, from its claims. */
export function tunnelArguments(members: readonly [Member, ...Member[]]): Properties {
  const [{ draft }] = members;
  const { owner, mode, type, udpPort, dontFragment, tos, bfd } = draft;
  const isDefault = members.every((member) => member.draft.local === defaultAddress(member.seen));
  return {
    ...{ owner, mode, type, udpPort, dontFragment, tos, bfd },
    hosts: members.map(({ seen }) => seen.record),
    localIps: isDefault ? [] : members.map((member) => member.draft.local),
  };
}

function defaultAddress({ record, facts }: Look): string | undefined {
  try {
    return tunnelAddress(record, facts);
  } catch (error) {
    if (error instanceof TaasError && error.code === "tunnel-ip-unknown") return undefined;
    throw error;
  }
}
