import { setImmediate as breath } from "node:timers/promises";
import type { HostRecord } from "../host/host";
import { readClaims } from "../model/readClaims";
import type { Claim } from "../schema/claim";
import { tapBridgeOf, type WithAccess } from "./access";
import type { Reconciled } from "./attempt";
import { Coalesced } from "./coalesced";
import { confirmClaims } from "./confirm";
import type { Edit } from "./edit";
import { timeFor } from "./ends";
import { InspectionCache } from "./inspectionCache";
import type { Inspection, Look } from "./look";
import { type Destination, readUnderlay, type Underlay } from "./network";
import { reconcile, type Warning } from "./reconcile";
import { inspectSteadily } from "./steady";

interface Waiting {
  record: HostRecord;
  edit: Edit;
  /** Passes a warning to the caller. */
  warn(message: string): void;
  resolve(reconciled: Reconciled): void;
  reject(error: unknown): void;
}

interface Confirming {
  record: HostRecord;
  claim: Claim;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Everything that a run does on one machine passes through its queue, whatever records name the machine. Requests
 * within one turn of the event loop become one read, or one transaction and one flow bundle; each caller gets its own
 * result or error. A method takes the record by which the caller names the machine.
 */
export class HostQueue {
  private waiting: Waiting[] = [];
  private draining: Promise<void> | undefined;
  private readonly underlays = new Map<string, Promise<Underlay | undefined>>();
  private readonly looks = new Coalesced((record: HostRecord) => this.readHost(record));
  private readonly inspections = new Coalesced((record: HostRecord) => this.compareHost(record));
  private readonly inspectionCache = new InspectionCache((access, look) =>
    inspectSteadily(access, look, () => this.look(access.record)),
  );
  private readonly confirming: Confirming[] = [];

  constructor(private readonly withAccess: WithAccess) {}

  /** Reads the host. Callers share a read that started after all of them had asked. */
  look(record: HostRecord): Promise<Look> {
    return this.looks.ask(record);
  }

  /**
   * Reads the host and compares it with its claims. Callers share a comparison that started after all of them had
   * asked.
   */
  inspect(record: HostRecord): Promise<Inspection> {
    return this.inspections.ask(record);
  }

  private async readHost(record: HostRecord): Promise<Look> {
    return this.withAccess(record, async (access) => {
      const facts = await access.replica.read();
      const read = readClaims(facts, tapBridgeOf(record), record.name);
      const now = await timeFor(access, read.claims.values());
      return { record, bootId: access.bootId, facts, read, now };
    });
  }

  private compareHost(record: HostRecord): Promise<Inspection> {
    return this.withAccess(record, (access) => this.inspectionCache.inspect(access, this.look(record)));
  }

  /**
   * Removes the pending mark from a claim as it was written; requests within one turn of the event loop share a
   * transaction.
   */
  confirm(record: HostRecord, claim: Claim): Promise<void> {
    return new Promise((resolve, reject) => {
      this.confirming.push({ record, claim, resolve, reject });
      if (this.confirming.length === 1) void breath().then(() => this.confirmAll());
    });
  }

  private async confirmAll(): Promise<void> {
    const batch = this.confirming.splice(0);
    const claims = batch.map((one) => one.claim);
    try {
      const lost = await this.withAccess(batch[0]!.record, (access) => confirmClaims(access, claims));
      for (const { claim, resolve, reject } of batch) {
        const error = lost.get(claim.owner);
        if (error === undefined) resolve();
        else reject(error);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  /** The host's addresses, and the route to a destination; read once per run. */
  underlay(record: HostRecord, destination: Destination): Promise<Underlay | undefined> {
    const key = `${destination.address} ${destination.local}`;
    const known = this.underlays.get(key);
    if (known !== undefined) return known;
    const reading = this.withAccess(record, (access) => readUnderlay(access, destination));
    this.underlays.set(key, reading);
    reading.catch(() => this.underlays.delete(key));
    return reading;
  }

  /**
   * Applies an edit to the host's claims, and makes the host what they say. `warn` receives warnings about the change.
   */
  submit(record: HostRecord, edit: Edit, warn: (message: string) => void): Promise<Reconciled> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ record, edit, warn, resolve, reject });
      this.draining ??= this.drain();
    });
  }

  private async drain(): Promise<void> {
    await breath();
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0);
      const failed = new Set<Edit>();
      const refuse = (edit: Edit, error: unknown): void => {
        failed.add(edit);
        batch.find((one) => one.edit === edit)!.reject(error);
      };
      try {
        const reconciled = await this.withAccess(batch[0]!.record, (access) =>
          reconcile(
            access,
            batch.map((one) => one.edit),
            refuse,
          ),
        );
        for (const warning of reconciled.warnings) tell(warning, batch);
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

/** Passes a warning to the callers whose resources it concerns; to the first caller if it concerns none of them. */
function tell({ text, owners }: Warning, batch: readonly Waiting[]): void {
  const concerned = batch.filter(({ edit }) => owners.includes(edit.owner));
  for (const { record, warn } of concerned.length > 0 ? concerned : batch.slice(0, 1))
    warn(`host ${record.name}: ${text}`);
}
