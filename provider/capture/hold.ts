import { setTimeout as sleep } from "node:timers/promises";
import { tapBridgeOf } from "../converge/access";
import type { Reconciled } from "../converge/attempt";
import { TaasError } from "../errors";
import { captureCookie, captureRules } from "../model/capture";
import type { Rule } from "../model/desired";
import { groupFlows } from "../model/groups";
import type { Held, PacketChannel } from "../ovs/packetChannel";
import { numberRule } from "../plan/numberRules";
import { portNumbers } from "../plan/portNumbers";
import type { CaptureClaim } from "../schema/claim";
import type { HostRecord } from "../schema/host";

/** Seconds for which copying continues without a renewal. */
const LEASE = 8;
/** Milliseconds between two signs of life: some may be lost. */
const RENEWAL = 2000;
/** Milliseconds that ovs-vswitchd needs to read its counters after a change of a rule, which makes it do so at once. */
const COUNTING = 100;
/** Milliseconds between two looks at counters until they have been read. */
const LOOK = 5;
/** Milliseconds that frames which were counted as sent are waited for. */
const LATE = 1000;

/** As much of a `PacketChannel` as rules are held by. */
export type HoldChannel = Pick<
  PacketChannel,
  "controllerId" | "received" | "lease" | "renew" | "held" | "end" | "close"
>;

/** The rules by which a capture's copies leave, held by their connection. */
export class Hold {
  private rules: readonly Rule<number>[] = [];
  private readonly cookie: bigint;
  /** Copies that the rules have sent so far, as far as has been counted, and what they had counted last. */
  private sent = 0;
  private counted = 0;
  /** Settles when the credit of the rules that were added last is out of `sent`. */
  private discounted: Promise<unknown> = Promise.resolve();
  /** Since when the rules are known to be there, by the process's clock. */
  private since = performance.now();
  /** How often the rules have been added. */
  private terms = 0;

  constructor(
    private readonly channel: HoldChannel,
    private readonly record: HostRecord,
    private readonly token: string,
    /** Milliseconds between two signs of life. */
    private readonly renewal = RENEWAL,
  ) {
    this.cookie = captureCookie({ token });
  }

  /** Starts copying on a host whose state is what the claim says; also after a change there. */
  async begin({ facts, claims, desired }: Reconciled): Promise<CaptureClaim> {
    const tapBridge = tapBridgeOf(this.record);
    const claim = [...claims.values()].find(
      (one): one is CaptureClaim => one.kind === "capture" && one.token === this.token,
    );
    if (claim === undefined) throw endedByAnother(this.record.name);
    const groups = groupFlows([claim], facts, tapBridge, { ...desired, problems: [] });
    const numbers = portNumbers(facts, tapBridge);
    const rules = captureRules(claim, groups, this.channel.controllerId);
    await this.take(rules.flatMap((rule) => numberRule(rule, numbers) ?? []));
    return claim;
  }

  /** Adds rules in place of those that are held. */
  async take(rules: readonly Rule<number>[]): Promise<void> {
    const others = this.rules.filter(({ inPort }) => rules.every((rule) => rule.inPort !== inPort));
    this.terms += 1;
    const [received] = await Promise.all([this.receivedBefore(), this.channel.lease(rules, LEASE)]);
    this.discounted = this.discount(received).catch(() => {});
    if (others.length > 0) await this.channel.end(others);
    this.rules = rules;
    this.since = performance.now();
  }

  /**
   * Lets copying go on until the signal is aborted, by signs of life, whether those before have been answered or not: over a slow
   * connection the answers wait behind frames. Where copying has ended because nothing was heard of this program for too long, it
   * begins anew, unless `lapsed` rejects, which is told for how many seconds at most there were no copies. Rejects with that, or
   * with what a sign meets.
   */
  async keep(ending: AbortSignal, lapsed: (seconds: number) => Promise<void>): Promise<void> {
    const failed = new AbortController();
    const over = AbortSignal.any([ending, failed.signal]);
    while (!over.aborted) {
      await sleep(this.renewal, undefined, { signal: over }).catch(() => {});
      if (!over.aborted) this.renew(lapsed).catch((error) => failed.abort(error));
    }
    failed.signal.throwIfAborted();
  }

  private async renew(lapsed: (seconds: number) => Promise<void>): Promise<void> {
    const { channel, rules, terms } = this;
    const at = performance.now();
    const [held] = await Promise.all([channel.held(this.cookie), channel.renew(rules)]);
    // What was asked before the rules were added says nothing of them.
    if (terms !== this.terms) return;
    if (held.rules >= rules.length) {
      this.since = at;
      this.note(held);
      return;
    }
    this.terms += 1;
    const { terms: term } = this;
    await lapsed((performance.now() - this.since) / 1000);
    // Meanwhile others may have been added, or the capture may be over.
    if (term !== this.terms) return;
    this.counted = 0;
    await this.take(rules);
  }

  private note({ packets }: Held): void {
    this.sent += more(packets, this.counted);
    this.counted = packets;
  }

  /** Counts what the rules have sent until now, so that it is no credit. Resolves to the frames that have come until then. */
  private async receivedBefore(): Promise<number> {
    if (this.rules.length > 0) this.note(await this.channel.held(this.cookie));
    return this.channel.received;
  }

  /**
   * Takes out of `sent` what no rule has sent: as soon as rules are added, ovs-vswitchd credits them with what has passed since it
   * last read its counters. At its first count that is what exceeds the frames that have come since the rules were added. `before`:
   * frames that had come until then. Rejects if the host cannot be asked; the signs of life meet that too.
   */
  private async discount(before: number): Promise<void> {
    const { channel, counted, terms } = this;
    const over = performance.now() + COUNTING;
    let credited = 0;
    while (credited === 0 && terms === this.terms && performance.now() < over) {
      await sleep(LOOK);
      credited = more((await channel.held(this.cookie)).packets, counted);
    }
    if (terms === this.terms) this.sent -= Math.max(0, credited - (channel.received - before));
  }

  /**
   * Ends copying. Resolves to the number of copies that were sent and have not arrived here, 0 if the host cannot be asked
   * any more, or does not answer within `patience` milliseconds; `interrupted` counts from when the signal is aborted. Closes
   * the connection.
   */
  async end(patience: { usual: number; interrupted: number }, interrupting: AbortSignal): Promise<number> {
    const unref = { ref: false };
    const late = sleep(patience.usual, 0, { ...unref, signal: interrupting }).catch(() =>
      sleep(patience.interrupted, 0, unref),
    );
    try {
      return await Promise.race([this.settle(), late]);
    } catch {
      return 0;
    } finally {
      this.channel.close();
    }
  }

  /**
   * Compares what the rules have counted with what has arrived. A renewal makes ovs-vswitchd count. The host then counts and
   * ends at one moment, because neither waits for an answer: over a slow connection answers come late. All that was sent
   * before them arrives before them.
   */
  private async settle(): Promise<number> {
    const { channel, rules } = this;
    await this.discounted;
    this.terms += 1;
    const renewing = channel.renew(rules);
    renewing.catch(() => {});
    await sleep(COUNTING);
    const [held] = await Promise.all([channel.held(this.cookie), channel.end(rules), renewing]);
    this.note(held);
    // What a thread of ovs-vswitchd had not handed over by then follows.
    const late = performance.now() + LATE;
    while (this.sent > channel.received && performance.now() < late) await sleep(COUNTING / 2);
    return Math.max(0, this.sent - channel.received);
  }
}

/** Packets that a counter has counted since it was at `before`; a counter can begin anew. */
function more(packets: number, before: number): number {
  return packets < before ? packets : packets - before;
}

/** The error of a capture whose claim another writer has deleted. */
export function endedByAnother(host: string): TaasError {
  return new TaasError("the capture was ended from elsewhere: its claim is gone", {
    code: "claim-lost",
    host,
    hint: "Somebody deleted it, or an operation found that this program had sent nothing for 8 s; run again",
  });
}
