import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import { nameOf } from "../host/script";
import type { HostSession } from "../host/session";
import { OvsdbClient } from "../ovs/ovsdbClient";
import { PacketChannel } from "../ovs/packetChannel";
import { openReplica } from "../ovs/replica";
import { TapSwitch } from "../ovs/tapSwitch";
import { trace, traced } from "../trace";
import { type HostAccess, tapBridgeOf } from "./access";
import { HostClock } from "./clock";
import { askForKeeper } from "./keeper";
import { PlainDevices } from "./plainDevices";
import { requireRights } from "./rights";

type Opened = Pick<HostAccess, "ovsdb" | "replica">;

/** The result of a request that is sent to a host once; a failure is not kept, so that the next caller asks again. */
class Once<T> {
  private answer: Promise<T> | undefined;

  get(ask: () => Promise<T>): Promise<T> {
    if (this.answer === undefined) {
      const answer = ask();
      this.answer = answer;
      answer.catch(() => this.reset(answer));
    }
    return this.answer;
  }

  /** Discards a result. */
  reset(answer: Promise<T>): void {
    if (this.answer === answer) this.answer = undefined;
  }
}

function packetsRefused(host: string, why: string, hint: string | undefined, cause?: unknown): TaasError {
  const message = `frames cannot be sent and received there: ${why}`;
  return new TaasError(message, {
    code: "packets-refused",
    host,
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

/**
 * Everything known about a machine while its connection exists: OVSDB, tap bridges, rights, and whether a keeper can be
 * installed.
 */
export class Session {
  private readonly database = new Once<Opened>();
  private readonly rights = new Once<void>();
  private readonly keeper = new Once<void>();
  private readonly switches = new Map<string, TapSwitch>();
  private readonly plainDevices = new PlainDevices();
  private readonly clock: HostClock;

  constructor(
    private readonly host: HostSession,
    private readonly timeoutMs: number,
  ) {
    this.clock = new HostClock((argv) => host.exec(argv), host.record.name);
  }

  /** Access to the machine, as one record names it. */
  async access(record: HostRecord): Promise<HostAccess> {
    const { host, timeoutMs } = this;
    const run: HostAccess["run"] = (command, options) =>
      traced(
        record.name,
        () => `run ${nameOf(command)}`,
        () => host.run(command, options),
      );
    const opened = await this.opened();
    return {
      record,
      bootId: (await host.probe()).bootId,
      ...opened,
      tapSwitch: this.tapSwitch(tapBridgeOf(record)),
      openPackets: () => this.openPackets(record),
      plainDevices: this.plainDevices,
      run,
      now: () => this.clock.now(),
      requireRights: () => this.rights.get(() => requireRights(host)),
      requireKeeper: () => this.keeper.get(() => askForKeeper({ run, record })),
      timeoutMs,
    };
  }

  /** OVSDB, opened again after its stream has ended. */
  private async opened(): Promise<Opened> {
    const { host, timeoutMs } = this;
    const open = async () => {
      const ovsdb = new OvsdbClient(await host.openOvsdb(), { host: host.record.name, timeoutMs });
      try {
        return { ovsdb, replica: await openReplica(ovsdb) };
      } catch (error) {
        ovsdb.close();
        throw error;
      }
    };
    const opening = this.database.get(open);
    const opened = await opening;
    if (opened.ovsdb.closed === undefined) return opened;
    this.database.reset(opening);
    return this.database.get(open);
  }

  private async openPackets(record: HostRecord): Promise<PacketChannel> {
    const bridge = tapBridgeOf(record);
    const host = record.name;
    const stream = await this.host.openSwitch(bridge).catch((cause: unknown) => {
      throw cause instanceof TaasError && cause.code === "socket-refused"
        ? packetsRefused(host, cause.shortMessage, cause.hint, cause)
        : cause;
    });
    if (stream === undefined)
      throw packetsRefused(
        host,
        `the login user may not use the management socket of bridge ${bridge}, and sudo opens no sockets`,
        "Log in as root, or as a user who may write to the sockets in Open vSwitch's run directory",
      );
    return PacketChannel.open(stream, { host, bridge });
  }

  private tapSwitch(bridge: string): TapSwitch {
    const tell = (why: string) => trace(this.host.record.name, `use commands instead of OpenFlow: ${why}`);
    const known = this.switches.get(bridge) ?? new TapSwitch(() => this.host.openSwitch(bridge), tell);
    this.switches.set(bridge, known);
    return known;
  }
}
