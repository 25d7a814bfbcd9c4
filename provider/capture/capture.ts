import { setTimeout as sleep } from "node:timers/promises";
import { type HostAccess, ofctlTarget, tapBridgeOf } from "../converge/access";
import type { Reconciled } from "../converge/attempt";
import { deleteEdit, type PutOptions, putEdit } from "../converge/edit";
import type { Host } from "../converge/host";
import type { Look } from "../converge/look";
import { drawToken } from "../converge/run";
import { TaasError } from "../errors";
import { findPort } from "../model/findPort";
import { CLAIM_PREFIX } from "../model/readClaims";
import type { Facts } from "../ovs/facts";
import { readMeterDrops } from "../ovs/meterStatistics";
import type { PacketChannel } from "../ovs/packetChannel";
import { portNumbers } from "../plan/portNumbers";
import type { CaptureClaim } from "../schema/claim";
import { type CapturedFrame, CapturedFrames } from "./frames";
import { endedByAnother, Hold } from "./hold";
import { type CaptureWish, captureDraft, capturedPort } from "./wish";

/** A running capture. */
export interface Capture {
  /** Name of the port on its bridge. */
  portName: string;
  /** The captured frames, once, for one consumer. It ends with the capture, or with the error that ends the capture. */
  frames: AsyncIterable<CapturedFrame>;
  /** Frames that arrived here and were dropped because the consumer was too slow. */
  readonly dropped: number;
  /** Ends the capture; frames that have arrived can still be read. */
  stop(): void;
  /** Copies that the cap has dropped so far. */
  capped(): Promise<number>;
  /** Ends it. What did not come. */
  losses(): Promise<Losses>;
}

/** Copies that were lost before they arrived here. */
export interface Losses {
  /** Copies that the cap has dropped. */
  capped: number;
  /** Copies that were sent here and did not come: ovs-vswitchd drops what it, or the connection, is too slow for. */
  missed: number;
}

/** How a capture runs. */
export interface CaptureOptions {
  /** Aborted when it has to end. */
  ending: AbortSignal;
  /** Passes a warning to the operator. */
  warn(message: string): void;
}

/** Milliseconds between two looks at the claim and the port. */
const LOOK = 2000;
/** Milliseconds for what is still under way at the end, and where the operator waits for that. */
const LAST = { usual: 30_000, interrupted: 2000 } as const;
const NONE: Losses = { capped: 0, missed: 0 };

/**
 * Copies a port's frames to this program while `work` reads them: with a claim, a capture group of its own, and rules
 * that expire 8 seconds after their last renewal, whatever happens to this program. Once copying has ended, what it
 * needed on the host is deleted, also while `work` is still busy with frames that have arrived. Nothing is left on the
 * host once this has settled; what remains after a lost connection is deleted by the next operation of any program.
 * Rejects with `port-missing` and similar codes, `packets-refused`, `packets-lost`, and `claim-lost` if another writer
 * has deleted the claim.
 */
export function capture<Result>(
  host: Host,
  wish: CaptureWish,
  options: CaptureOptions,
  work: (capture: Capture) => Promise<Result>,
): Promise<Result> {
  return host.use((access) => new Capturing(host, access, wish, options).run(work));
}

/** A capture that has begun. */
interface Held {
  hold: Hold;
  channel: PacketChannel;
  look: Look;
  claim: CaptureClaim;
  /** UUID of the port. */
  port: string;
  /** Numbers of its meters; none without a cap. */
  meters: readonly number[];
}

/** One capture on one host. */
class Capturing {
  private readonly token = drawToken();
  private readonly stopped = new AbortController();
  private failed = false;

  constructor(
    private readonly host: Host,
    private readonly access: HostAccess,
    private readonly wish: CaptureWish,
    private readonly options: CaptureOptions,
  ) {}

  async run<Result>(work: (capture: Capture) => Promise<Result>): Promise<Result> {
    const look = await this.host.look();
    const { port } = capturedPort(look, this.wish);
    const early = await this.openEarly(look);
    const { owner } = captureDraft(look, this.wish, this.token);
    let channel = early;
    let working: Promise<Result> | undefined;
    try {
      const reconciled = await this.host.submit(putEdit(this.put(look, "create")));
      channel ??= await this.access.openPackets();
      const hold = new Hold(channel, this.access.record, this.token);
      const claim = await hold.begin(reconciled);
      const meters = this.metersOf(claim, reconciled);
      const upkeep = this.keepUp({ hold, channel, look, claim, port: port.uuid, meters });
      const frames = new CapturedFrames(channel.packets, claim, this.wish.packetsPerSecond);
      working = work(this.shown(port.name, channel, { frames, upkeep, meters }));
      try {
        await Promise.race([working, upkeep]);
      } finally {
        this.stopped.abort();
        await upkeep;
      }
    } catch (error) {
      this.failed = true;
      throw error;
    } finally {
      channel?.close();
      await this.cleanUp(owner).finally(() => Promise.allSettled([working]));
    }
    return working!;
  }

  /** The connection for frames, opened before anything is written; undefined if the bridge has yet to be created. */
  private async openEarly({ read }: Look): Promise<PacketChannel | undefined> {
    try {
      return await this.access.openPackets();
    } catch (error) {
      const isMissing = read.bridge === undefined && error instanceof TaasError && error.cause !== undefined;
      if (!isMissing) throw error;
      return undefined;
    }
  }

  private put(look: Look, mode: PutOptions["mode"]): PutOptions {
    const { token } = this;
    const draft = captureDraft(look, this.wish, token);
    const mark = mode === "create" ? "pending" : "confirmed";
    const { name: host } = look.record;
    const none = { replaced: undefined, previousOwner: undefined, elsewhere: [] };
    return { draft, token, mode, mark, adopt: false, host, ...none };
  }

  /** The numbers of a capture's meters on its tap bridge. */
  private metersOf({ owner }: CaptureClaim, { desired, facts }: Reconciled): number[] {
    const numbers = portNumbers(facts, tapBridgeOf(this.access.record));
    const own = desired.meters.filter(({ owners }) => owners.includes(owner));
    return own.flatMap(({ inPort }) => numbers.get(inPort) ?? []);
  }

  private shown(
    portName: string,
    channel: PacketChannel,
    { frames, upkeep, meters }: Pick<Held, "meters"> & { frames: CapturedFrames; upkeep: Promise<Losses> },
  ): Capture {
    return {
      portName,
      frames,
      stop: () => this.stopped.abort(),
      get dropped() {
        return channel.dropped;
      },
      capped: async () => (await this.meterDrops(meters)) + frames.excess,
      losses: async () => {
        this.stopped.abort();
        const { capped, missed } = await upkeep;
        return { capped: capped + frames.excess, missed };
      },
    };
  }

  /** Copies that meters have dropped so far. */
  private async meterDrops(meters: readonly number[]): Promise<number> {
    if (meters.length === 0) return 0;
    const drops = await readMeterDrops(ofctlTarget(this.access, tapBridgeOf(this.access.record)));
    return meters.reduce((sum, meter) => sum + (drops.get(meter)?.packets ?? 0), 0);
  }

  /** Keeps the capture going until it is to end, and closes the connection then. Resolves to what the host has lost. */
  private async keepUp(held: Held): Promise<Losses> {
    const { hold, channel, meters } = held;
    const failed = new AbortController();
    const ending = AbortSignal.any([this.options.ending, this.stopped.signal, failed.signal]);
    const tasks = [hold.keep(ending, (seconds) => this.beginAnew(held, seconds)), this.follow(held, ending)];
    try {
      const failing = tasks.map((task) => task.catch((error) => failed.abort(error)));
      await Promise.all(failing);
      failed.signal.throwIfAborted();
      const missed = await hold.end(LAST, this.options.ending);
      return { missed, capped: await this.meterDrops(meters).catch((error) => this.uncounted(held, error)) };
    } catch (error) {
      this.failed = true;
      channel.fail(error as Error);
      return NONE;
    }
  }

  /** Says that the number of frames over the rate could not be read. */
  private uncounted({ look }: Held, error: Error): number {
    this.options.warn(
      `host ${look.record.name}: how many frames were over the rate is not known: ${error.message}`,
    );
    return 0;
  }

  /** Says what was missed. Without the claim its ports may be those of others by now, and nothing begins. */
  private async beginAnew({ look, claim }: Held, seconds: number): Promise<void> {
    const facts = await this.access.replica.read();
    const { name } = look.record;
    if (!isClaimed(facts, tapBridgeOf(look.record), claim)) throw endedByAnother(name);
    this.options.warn(
      `host ${name}: nothing was captured for some of the last ${Math.ceil(seconds)} s, because nothing was heard of this program there`,
    );
  }

  /** Confirms the claim, sees that it stays, and follows the port when it is plugged anew. */
  private async follow({ hold, look, claim, port }: Held, ending: AbortSignal): Promise<void> {
    let followed = port;
    await this.host.confirm(claim);
    while (!ending.aborted) {
      await sleep(LOOK, undefined, { signal: ending }).catch(() => {});
      if (ending.aborted) return;
      const facts = await this.access.replica.latest();
      if (!isClaimed(facts, tapBridgeOf(look.record), claim)) throw endedByAnother(look.record.name);
      const now = this.portIn(facts, claim);
      if (now === undefined || now === followed) continue;
      followed = now;
      await hold.begin(await this.host.submit(putEdit(this.put(look, "update"))));
    }
  }

  private portIn(facts: Facts, { source }: CaptureClaim): string | undefined {
    return findPort(facts, [source.integrationBridge], this.wish.port).found?.port.uuid;
  }

  /** Deletes what is on the host. If that fails after another failure, it is a warning: the first error counts. */
  private async cleanUp(owner: string): Promise<void> {
    try {
      await this.host.submit(deleteEdit(owner, this.token));
    } catch (error) {
      if (!this.failed) throw error;
      const { name } = this.access.record;
      this.options.warn(
        `host ${name}: the capture's claim is left there and copies nothing after another 10 s; the next operation on the host deletes it (${(error as Error).message})`,
      );
    }
  }
}

function isClaimed({ bridges }: Facts, tapBridge: string, { owner }: CaptureClaim): boolean {
  const bridge = bridges.find(({ name }) => name === tapBridge);
  return bridge?.externalIds[CLAIM_PREFIX + owner] !== undefined;
}
