import { setImmediate as breath } from "node:timers/promises";
import type { HostRecord } from "../host/host";
import { type ClaimSet, readClaims } from "../model/readClaims";
import type { BridgeFacts, Facts } from "../ovs/facts";
import { readFacts } from "../ovs/readFacts";
import type { Claim } from "../schema/claim";
import { readStatistics } from "../statistics/readStatistics";
import type { HostStatistics } from "../statistics/statistics";
import { tapBridgeOf, type WithAccess } from "./access";
import { readAgeing, setAgeing } from "./ageing";
import { confirmClaims } from "./confirm";
import type { Edit } from "./edit";
import { Gathered } from "./gathered";
import type { Difference } from "./inspect";
import { requireKeeper } from "./keeper";
import { readUnderlay, type Underlay } from "./network";
import { Recheck } from "./recheck";
import { type Reconciled, reconcile } from "./reconcile";
import { inspectSteadily } from "./steady";
import { readTunnelIds, type TunnelIds } from "./tunnelIds";

/** What an operation sees of a host before it writes. */
export interface Look {
  record: HostRecord;
  queue: HostQueue;
  facts: Facts;
  read: ClaimSet;
}

/** A look, with all that is not as the host's claims say. */
export interface Inspection extends Look {
  differences: Difference[];
}

interface Waiting {
  edit: Edit;
  resolve(reconciled: Reconciled): void;
  reject(error: unknown): void;
}

/** Milliseconds for which what was read is good enough to write from; the guards of a transaction find out what has changed. */
const FRESH = 500;

interface Confirming {
  claim: Claim;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * All that a run does on one host goes through here: what is asked for within one breath of the event loop becomes one
 * read, or one transaction and one flow bundle; each caller gets its own result or error.
 */
export class HostQueue {
  private waiting: Waiting[] = [];
  private draining: Promise<void> | undefined;
  private readonly underlays = new Map<string, Promise<Underlay | undefined>>();
  private readonly looks = new Gathered(() => this.readHost());
  private readonly inspections = new Gathered(() => this.compareHost());
  private readonly recheck = new Recheck((access, look) => inspectSteadily(access, look, () => this.look()));
  private readonly confirming: Confirming[] = [];
  /** The last look: as long as there is nothing else to see, it is the same. */
  private seen: Look | undefined;
  /** What was read last, until something is written. */
  private latest: { facts: Facts; at: number } | undefined;

  constructor(
    readonly record: HostRecord,
    private readonly withAccess: WithAccess,
  ) {}

  /** Reads the host; callers share a read that began after all of them had asked. */
  look(): Promise<Look> {
    return this.looks.ask();
  }

  /** Reads the host and compares it with its claims; callers share a comparison that began after all of them had asked. */
  inspect(): Promise<Inspection> {
    return this.inspections.ask();
  }

  private async readHost(): Promise<Look> {
    const { record } = this;
    const facts = await this.withAccess(record, ({ ovsdb }) => readFacts(ovsdb));
    this.latest = { facts, at: performance.now() };
    if (this.seen?.facts !== facts)
      this.seen = { record, queue: this, facts, read: readClaims(facts, tapBridgeOf(record), record.name) };
    return this.seen;
  }

  private compareHost(): Promise<Inspection> {
    return this.withAccess(this.record, (access) => this.recheck.inspect(access, this.look()));
  }

  /** Reads what the host counts. */
  async statistics(): Promise<HostStatistics> {
    const look = await this.look();
    return this.withAccess(this.record, (access) => readStatistics(access, look));
  }

  /** Takes the pending mark off a claim as it was written; what is asked for in one breath shares a transaction. */
  confirm(claim: Claim): Promise<void> {
    return new Promise((resolve, reject) => {
      this.confirming.push({ claim, resolve, reject });
      if (this.confirming.length === 1) void breath().then(() => this.confirmAll());
    });
  }

  private async confirmAll(): Promise<void> {
    const batch = this.confirming.splice(0);
    this.latest = undefined;
    const claims = batch.map((one) => one.claim);
    try {
      const lost = await this.withAccess(this.record, (access) => confirmClaims(access, claims));
      for (const { claim, resolve, reject } of batch) {
        const error = lost.get(claim.owner);
        if (error === undefined) resolve();
        else reject(error);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** The addresses of the host and the way to a destination (empty: none); read once a run. */
  underlay(destination: string): Promise<Underlay | undefined> {
    const known = this.underlays.get(destination);
    if (known !== undefined) return known;
    const reading = this.withAccess(this.record, (access) => readUnderlay(access, destination));
    this.underlays.set(destination, reading);
    reading.catch(() => this.underlays.delete(destination));
    return reading;
  }

  /** The ageing times of Linux bridges, by name, as far as there are bridges of those names. */
  readAgeing(bridges: readonly string[]): Promise<Map<string, number>> {
    return this.withAccess(this.record, (access) => readAgeing(access, bridges));
  }

  /** Sets the ageing time of a Linux bridge. */
  setAgeing(bridge: string, hundredths: number): Promise<void> {
    return this.withAccess(this.record, (access) => setAgeing(access, bridge, hundredths));
  }

  /** The tunnel ids that rules of a bridge match or set, but for ours. */
  tunnelIds(bridge: BridgeFacts): Promise<TunnelIds[]> {
    return this.withAccess(this.record, (access) => readTunnelIds(access, bridge));
  }

  /** Rejects with `keeper-refused` where a keeper could not be installed. */
  requireKeeper(): Promise<void> {
    return this.withAccess(this.record, requireKeeper);
  }

  /** Makes a change to the host's claims, and the host what its claims say. */
  submit(edit: Edit): Promise<Reconciled> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ edit, resolve, reject });
      this.draining ??= this.drain();
    });
  }

  /** What was read a moment ago, for a first attempt without another read. */
  private takeLatest(): Facts | undefined {
    const { latest } = this;
    this.latest = undefined;
    return latest !== undefined && performance.now() - latest.at < FRESH ? latest.facts : undefined;
  }

  private async drain(): Promise<void> {
    await breath();
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0);
      const failed = new Set<Edit>();
      const known = this.takeLatest();
      const refuse = (edit: Edit, error: unknown): void => {
        failed.add(edit);
        batch.find((one) => one.edit === edit)!.reject(error);
      };
      try {
        const reconciled = await this.withAccess(this.record, (access) =>
          reconcile(
            access,
            batch.map((one) => one.edit),
            refuse,
            known,
          ),
        );
        const done = batch.filter((one) => !failed.has(one.edit));
        void reconciled.inEffect.then(() => {
          for (const one of done) one.resolve(reconciled);
        });
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
    }
    this.draining = undefined;
  }
}
