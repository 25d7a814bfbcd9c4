import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import type { HostAccess } from "../../../provider/converge/access";
import { PlainDevices } from "../../../provider/converge/plainDevices";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { PacketChannel } from "../../../provider/ovs/packetChannel";
import { openReplica } from "../../../provider/ovs/replica";
import { TapSwitch } from "../../../provider/ovs/tapSwitch";
import type { PrivateOvs } from "./privateOvs";

/** Ways to a private Open vSwitch as operations have them to a host's. */
export class PrivateAccess {
  private readonly streams: Duplex[] = [];

  /** `host`: the name of the host in errors. */
  constructor(
    private readonly ovs: PrivateOvs,
    private readonly host = "here",
  ) {}

  /** A way with connections of its own. */
  async open(): Promise<HostAccess> {
    const { ovs, host } = this;
    const ovsdb = await this.openDatabase();
    return {
      record: { name: host, address: host },
      bootId: "",
      ovsdb,
      replica: await openReplica(ovsdb),
      tapSwitch: new TapSwitch(() => this.openSwitch()),
      openPackets: async () => PacketChannel.open(await this.openSwitch(), { host, bridge: "br-tap" }),
      plainDevices: new PlainDevices(),
      run: ovs.run,
      requireRights: async () => {},
      now: async () => Date.now(),
      requireKeeper: async () => {},
      timeoutMs: 20_000,
    };
  }

  /** A client of the database with a connection of its own. */
  async openDatabase(): Promise<OvsdbClient> {
    const stream = this.kept(await this.ovs.connect());
    return new OvsdbClient({ kind: "stream", stream }, { host: this.host });
  }

  /** A connection to the management socket of br-tap. */
  async openSwitch(): Promise<Socket> {
    const socket = this.kept(connect(join(dirname(this.ovs.socket), "br-tap.mgmt")));
    await once(socket, "connect");
    return socket;
  }

  /** Ends all connections. */
  close(): void {
    for (const stream of this.streams.splice(0)) stream.destroy();
  }

  private kept<Stream extends Duplex>(stream: Stream): Stream {
    this.streams.push(stream);
    return stream;
  }
}

type Transact = OvsdbClient["transact"];
type Operations = Parameters<Transact>[0];

/** Lets work be done before and after each transaction of a client; what it throws is the transaction's error. */
export function aroundTransactions(
  ovsdb: OvsdbClient,
  {
    before,
    after,
  }: { before?(operations: Operations): Promise<void>; after?(operations: Operations): Promise<void> },
): void {
  const transact = ovsdb.transact.bind(ovsdb);
  ovsdb.transact = (async (operations: Operations) => {
    await before?.(operations);
    const results = await transact(operations);
    await after?.(operations);
    return results;
  }) as Transact;
}

/** The methods of a replica, to be replaced one by one. */
export function bound(replica: HostAccess["replica"]): HostAccess["replica"] {
  return {
    read: () => replica.read(),
    latest: () => replica.latest(),
    applied: (nextCfg, timeoutMs) => replica.applied(nextCfg, timeoutMs),
    changed: (from, timeoutMs) => replica.changed(from, timeoutMs),
  };
}
