import type { Rule } from "../../../provider/model/desired";
import type { PacketOut } from "../../../provider/ovs/packetMessages";
import { PacketQueue } from "../../../provider/ovs/packetQueue";
import type { ProbeChannel } from "../../../provider/verify/shots";

/** What becomes of a frame that a host sends: the host that it arrives at, and with which tunnel id. */
export type Wire = (out: PacketOut, attempt: number) => { to: FakeHost; tunnelId: bigint }[];

/** A host whose frames go where a test says. */
export class FakeHost implements ProbeChannel {
  readonly controllerId = 1;
  readonly leased: { rules: readonly Rule<number>[]; seconds: number }[] = [];
  readonly ended: Rule<number>[] = [];
  readonly sent: PacketOut[] = [];
  readonly packets = new PacketQueue<{ tunnelId: bigint | undefined; frame: Buffer }>(1 << 20);
  private attempts = 0;

  constructor(private readonly wire: Wire = () => []) {}

  async lease(rules: readonly Rule<number>[], seconds: number): Promise<void> {
    this.leased.push({ rules, seconds });
  }

  async end(rules: readonly Rule<number>[]): Promise<void> {
    this.ended.push(...rules);
  }

  async send(frames: readonly PacketOut[]): Promise<void> {
    this.attempts += 1;
    for (const out of frames) {
      this.sent.push(out);
      for (const { to, tunnelId } of this.wire(out, this.attempts))
        to.receive({ tunnelId, frame: out.frame });
    }
  }

  /** Takes a frame that another host has sent. */
  receive(packet: { tunnelId: bigint; frame: Buffer }): void {
    this.packets.push(packet);
  }
}

/** A host whose rules expire, after which what arrives is delivered to its monitors. */
export class ExpiringHost extends FakeHost {
  /** Frames that monitors got. */
  delivered = 0;
  private expiry: NodeJS.Timeout | undefined;

  override async lease(rules: readonly Rule<number>[], seconds: number): Promise<void> {
    clearTimeout(this.expiry);
    this.expiry = setTimeout(() => {
      this.expiry = undefined;
    }, seconds * 1000);
    await super.lease(rules, seconds);
  }

  override async end(rules: readonly Rule<number>[]): Promise<void> {
    clearTimeout(this.expiry);
    this.expiry = undefined;
    await super.end(rules);
  }

  override receive(packet: { tunnelId: bigint; frame: Buffer }): void {
    if (this.expiry === undefined) this.delivered += 1;
    else super.receive(packet);
  }
}
