import { tapBridgeOf } from "../converge/access";
import type { Reconciled } from "../converge/attempt";
import { TaasError } from "../errors";
import { captureCookie, captureRules } from "../model/capture";
import type { Rule } from "../model/desired";
import { groupFlows } from "../model/groups";
import type { PacketChannel } from "../ovs/packetChannel";
import { numberRule } from "../plan/numberRules";
import { portNumbers } from "../plan/portNumbers";
import type { CaptureClaim } from "../schema/claim";
import type { HostRecord } from "../schema/host";

/** Seconds that copying goes on without a word from its holder. */
const LEASE = 8;

/** The rules that a capture's copies come by, held by their connection. */
export class Hold {
  private rules: readonly Rule<number>[] = [];
  private renewed = performance.now();

  constructor(
    private readonly channel: PacketChannel,
    private readonly record: HostRecord,
    private readonly token: string,
  ) {}

  /** Begins to copy, on a host that has been made what the claim says; again after a change there. */
  async begin({ facts, claims, desired }: Reconciled): Promise<CaptureClaim> {
    const tapBridge = tapBridgeOf(this.record);
    const claim = [...claims.values()].find(
      (one): one is CaptureClaim => one.kind === "capture" && one.token === this.token,
    );
    if (claim === undefined) throw endedByAnother(this.record.name);
    const groups = groupFlows([claim], facts, tapBridge, { ...desired, problems: [] });
    const numbers = portNumbers(facts, tapBridge);
    const rules = captureRules(claim, groups, this.channel.controllerId);
    const numbered = rules.flatMap((rule) => numberRule(rule, numbers) ?? []);
    await this.channel.lease(numbered, LEASE);
    this.rules = numbered;
    this.renewed = performance.now();
    return claim;
  }

  /**
   * Lets copying go on. Where it has ended because nothing was heard of this program for too long, it begins anew; resolves to
   * how many seconds were missed at most, 0 in general.
   */
  async renew(): Promise<number> {
    const { channel, rules, token } = this;
    await channel.renew(rules);
    const there = await channel.held(captureCookie({ token }));
    const since = (performance.now() - this.renewed) / 1000;
    if (there < rules.length) await channel.lease(rules, LEASE);
    this.renewed = performance.now();
    return there < rules.length ? since : 0;
  }

  /** Ends copying, as far as the host can be told. */
  async end(): Promise<void> {
    await this.channel.end(this.rules).catch(() => {});
    this.channel.close();
  }
}

/** The error of a capture whose claim somebody else has deleted. */
export function endedByAnother(host: string): TaasError {
  return new TaasError("the capture was ended from elsewhere: its claim is gone", {
    code: "claim-lost",
    host,
    hint: "Somebody removed it, or an operation found that nothing was heard of this program for 8 s; run again",
  });
}
