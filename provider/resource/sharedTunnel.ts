import { integrationBridgeOf } from "../converge/access";
import type { OpenHost } from "../converge/hosts";
import type { Look } from "../converge/look";
import { includesTunnelId, readTunnelIds, tunnelIdTaken } from "../converge/tunnelIds";
import { TaasError } from "../errors";
import { portsOf } from "../model/findPort";
import { productionTunnel } from "../model/shared";
import type { FlowClaim } from "../schema/claim";
import { DEFAULT_BRIDGES, type HostRecord } from "../schema/host";

/** The bridge of a host that has its production tunnels. */
export function tunnelBridgeOf(record: HostRecord): string {
  return record.tunnelBridge ?? DEFAULT_BRIDGES.tunnelBridge;
}

/**
 * Rejects hosts without production tunnels that a flow could share, tunnels that are OVN's, and an id that production
 * uses there, before anything is written.
 */
export async function requireSharedTunnel(
  open: OpenHost,
  look: Look,
  peer: NonNullable<FlowClaim["peer"]>,
  tunnelId: number,
): Promise<void> {
  const name = tunnelBridgeOf(look.record);
  const host = look.record.name;
  const bridge = look.facts.bridges.find((candidate) => candidate.name === name);
  if (bridge === undefined) {
    const integration = integrationBridgeOf(look.record);
    const ovn =
      productionTunnel(look.facts, integration, peer.remote) ??
      portsOf(look.facts, [integration]).find(({ port }) => port.name.startsWith("ovn-"));
    throw new TaasError(
      ovn === undefined
        ? `bridge ${name} does not exist, so there are no production tunnels to share`
        : `its production tunnels are in ${integration} (${ovn.port.name}) and belong to ovn-controller, which deletes rules it does not know`,
      {
        code: "no-tunnel-bridge",
        host,
        hint: 'Use transport "dedicated", or name the bridge with the host\'s tunnelBridge',
      },
    );
  }
  const tunnel = productionTunnel(look.facts, name, peer.remote);
  if (tunnel === undefined) {
    throw new TaasError(`bridge ${name} has no tunnel to ${peer.name} (${peer.remote})`, {
      code: "production-tunnel-missing",
      host,
      hint: 'Use transport "dedicated", or correct the tunnelIp of the other host',
    });
  }
  const { key, in_key: inKey = key, out_key: outKey = key } = tunnel.interface.options;
  if (inKey !== "flow" || outKey !== "flow") {
    throw new TaasError(
      `the production tunnel ${tunnel.port.name} in ${name} carries only one tunnel id (its key is not flow), which production uses`,
      { code: "production-tunnel-key", host, hint: 'Use transport "dedicated"' },
    );
  }
  if (includesTunnelId(await open(look.record).use((access) => readTunnelIds(access, bridge)), tunnelId)) {
    throw new TaasError(tunnelIdTaken(tunnelId, name), {
      code: "tunnel-id-taken",
      host,
      hint: "Set another tunnelId on the TapService",
    });
  }
}
