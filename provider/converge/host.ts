import { underName } from "../host/failures";
import type { HostRecord } from "../host/host";
import type { Claim } from "../schema/claim";
import { readStatistics } from "../statistics/readStatistics";
import type { HostStatistics } from "../statistics/statistics";
import type { HostAccess, WithAccess } from "./access";
import type { Reconciled } from "./attempt";
import type { Edit } from "./edit";
import type { HostQueue } from "./hostQueue";
import type { Inspection, Look } from "./look";
import type { Underlay } from "./network";

/** A host under one of its names. All names of a machine share its queue; looks and errors use this name. */
export class Host {
  constructor(
    readonly record: HostRecord,
    private readonly queue: HostQueue,
    private readonly withAccess: WithAccess,
    private readonly warn: (message: string) => void,
  ) {}

  /** The same host, with its warnings passed to `warn`. */
  toldTo(warn: (message: string) => void): Host {
    return new Host(this.record, this.queue, this.withAccess, warn);
  }

  /** Reads the host, including everything that was committed there before the call. */
  async look(): Promise<Look> {
    const { record } = this;
    return { ...(await this.named(this.queue.look(record))), record };
  }

  /** Reads the host and compares it with its claims. */
  async inspect(): Promise<Inspection> {
    const { record } = this;
    return { ...(await this.named(this.queue.inspect(record))), record };
  }

  /** Applies an edit to the host's claims, and makes the host what they say. */
  submit(edit: Edit): Promise<Reconciled> {
    return this.named(this.queue.submit(this.record, edit, this.warn));
  }

  /** Removes the pending mark from a claim as it was written. */
  confirm(claim: Claim): Promise<void> {
    return this.named(this.queue.confirm(this.record, claim));
  }

  /**
   * The host's addresses, and the route to a destination (empty: none) for packets from `local` (empty: from any of its
   * addresses); read once per run.
   */
  underlay(address: string, local = ""): Promise<Underlay | undefined> {
    return this.named(this.queue.underlay(this.record, { address, local }));
  }

  /** Resolves when the host may differ from the look, or after this many milliseconds. */
  changed({ facts }: Look, timeoutMs: number): Promise<void> {
    return this.use(({ replica }) => replica.changed(facts, timeoutMs));
  }

  /** The host's own clock, in milliseconds since 1970. Rejects with `clock-unknown`. */
  now(): Promise<number> {
    return this.use((access) => access.now());
  }

  /** Reads the host's counters. `seen`: a recent look at it. */
  async statistics(seen?: Look): Promise<HostStatistics> {
    const look = seen ?? (await this.look());
    return this.use((access) => readStatistics(access, look));
  }

  /** Runs work on the host, connecting when first needed. */
  use<T>(work: (access: HostAccess) => Promise<T>): Promise<T> {
    return this.named(this.withAccess(this.record, work));
  }

  private async named<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw underName(error, this.record.name);
    }
  }
}
