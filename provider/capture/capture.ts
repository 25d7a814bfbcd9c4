import { setTimeout as sleep } from "node:timers/promises";
import { type HostAccess, ofctlTarget, tapBridgeOf } from "../converge/access";
import type { Reconciled } from "../converge/attempt";
import { deleteEdit, type PutOptions, putEdit } from "../converge/edit";
import type { Host } from "../converge/host";
import type { Look } from "../converge/look";
import { drawToken } from "../converge/run";
import { TaasError } from "../errors";
import { captureMark } from "../model/capture";
import { findPort } from "../model/findPort";
import { CLAIM_PREFIX } from "../model/readClaims";
import type { Facts } from "../ovs/facts";
import { readMeterDrops } from "../ovs/meterStatistics";
import type { PacketChannel } from "../ovs/packetChannel";
import { portNumbers } from "../plan/portNumbers";
import type { CaptureClaim } from "../schema/claim";
import { endedByAnother, Hold } from "./hold";
import { type CaptureWish, captureDraft, capturedPort } from "./wish";

/** Towards the VM, or from it. */
export type FrameDirection = "ingress" | "egress";

/** A captured frame, as the guest sent it or would receive it. */
export interface CapturedFrame {
  direction: FrameDirection;
  /** Nanoseconds since 1970, when it arrived at this machine. */
  at: bigint;
  frame: Buffer;
}

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
  /** Ends it. Copies that were sent here and did not come: ovs-vswitchd drops what it, or the connection, is too slow for. */
  missed(): Promise<number>;
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

/**
 * Copies a port's frames to this program while `work` reads them: with a claim, a capture group of its own, and rules
 * that expire 8 seconds after their last renewal, whatever happens to this program. Nothing is left on the host once
 * this has settled; what remains after a lost connection is deleted by the next operation of any program. Rejects with
 * `port-missing` and similar codes, `packets-refused`, `packets-lost`, and `claim-lost` if another writer has deleted
 * the claim.
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
}

/** One capture on one host. */
class Capturing {
  private readonly token = drawToken();
  private readonly stopped = new AbortController();

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
    let failed = false;
    try {
      const reconciled = await this.host.submit(putEdit(this.put(look, "create")));
      channel ??= await this.access.openPackets();
      const hold = new Hold(channel, this.access.record, this.token);
      const claim = await hold.begin(reconciled);
      const upkeep = this.keepUp({ hold, channel, look, claim, port: port.uuid });
      try {
        return await work(this.shown(port.name, channel, { claim, upkeep }, reconciled));
      } finally {
        this.stopped.abort();
        await upkeep;
      }
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      channel?.close();
      await this.cleanUp(owner, failed);
    }
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

  private shown(
    portName: string,
    channel: PacketChannel,
    { claim, upkeep }: { claim: CaptureClaim; upkeep: Promise<number> },
    { desired, facts }: Reconciled,
  ): Capture {
    const { access, wish } = this;
    const numbers = portNumbers(facts, tapBridgeOf(access.record));
    const own = desired.meters.filter(({ owners }) => owners.includes(claim.owner));
    const ids = own.flatMap(({ inPort }) => numbers.get(inPort) ?? []);
    return {
      portName,
      frames: framesOf(channel, claim),
      stop: () => this.stopped.abort(),
      get dropped() {
        return channel.dropped;
      },
      async capped() {
        if (wish.packetsPerSecond === undefined) return 0;
        const drops = await readMeterDrops(ofctlTarget(access, tapBridgeOf(access.record)));
        return ids.reduce((sum, id) => sum + (drops.get(id)?.packets ?? 0), 0);
      },
      missed: () => {
        this.stopped.abort();
        return upkeep;
      },
    };
  }

  /** Keeps the capture going until it is to end, and closes the connection then. Resolves to how many copies did not come. */
  private async keepUp(held: Held): Promise<number> {
    const { hold, channel } = held;
    const failed = new AbortController();
    const ending = AbortSignal.any([this.options.ending, this.stopped.signal, failed.signal]);
    const tasks = [hold.keep(ending, (seconds) => this.beginAnew(held, seconds)), this.follow(held, ending)];
    try {
      const failing = tasks.map((task) => task.catch((error) => failed.abort(error)));
      await Promise.all(failing);
      failed.signal.throwIfAborted();
      return await hold.end(LAST, this.options.ending);
    } catch (error) {
      channel.fail(error as Error);
      return 0;
    }
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
  private async cleanUp(owner: string, failed: boolean): Promise<void> {
    try {
      await this.host.submit(deleteEdit(owner, this.token));
    } catch (error) {
      if (!failed) throw error;
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

/** The frames of a capture among those that arrive on a connection. */
async function* framesOf(channel: PacketChannel, claim: CaptureClaim): AsyncGenerator<CapturedFrame> {
  const directions = new Map(
    (["ingress", "egress"] as const).map((direction) => [captureMark(claim, direction), direction]),
  );
  for await (const { userdata, at, frame } of channel.packets) {
    const direction = directions.get(userdata.toString("hex"));
    if (direction !== undefined) yield { direction, at, frame };
  }
}
