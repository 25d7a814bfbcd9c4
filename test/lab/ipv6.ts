import { existsSync } from "node:fs";
import type { Context } from "mocha";
import { skipForLackOf } from "../lacking.js";
import { COLLECTOR_LINE } from "./collector.js";
import { neighbourLine } from "./datapath.js";
import type { LabHost } from "./host.js";

/** A host's IPv6 address on the first network, once it has one: 2001:db8::(10+K). */
export function ipv6Of(host: LabHost): string {
  return `2001:db8::${10 + host.number}`;
}

/** False on a machine that was booted without IPv6 (`ipv6.disable=1`). */
const hasIpv6 = existsSync("/proc/sys/net/ipv6");

/** Skips a test, or from a `before` hook its whole suite, on a machine without IPv6. */
export function requireIpv6(context: Context): void {
  if (!hasIpv6) skipForLackOf(context, "IPv6");
}

/**
 * Gives hosts an IPv6 address each on the first network, and lets them know each other's and the collector's. It is gone after
 * a restart of vswitchd. On a machine without IPv6 they get none.
 */
export async function giveIpv6(hosts: readonly LabHost[]): Promise<void> {
  if (!hasIpv6) return;
  await Promise.all(
    hosts.map((host) => {
      const peers = hosts.filter((peer) => peer !== host);
      return host.ovs(
        [
          // Without a link-local address it solicits no router.
          "ip link set br-phy addrgenmode none",
          "echo 0 > /proc/sys/net/ipv6/conf/br-phy/disable_ipv6",
          `ip address add ${ipv6Of(host)}/64 dev br-phy nodad`,
          ...peers.map((peer) => neighbourLine("br-phy", ipv6Of(peer), peer.nics[0]!.mac)),
          COLLECTOR_LINE,
          "until ovs-appctl ovs/route/show | grep -q '2001:db8::/64 dev br-phy'; do sleep 0.01; done",
        ].join("\n"),
      );
    }),
  );
}
