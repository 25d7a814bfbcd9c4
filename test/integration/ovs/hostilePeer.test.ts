import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { bumpNextCfg } from "../../../provider/ovs/applied";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { within } from "../../../provider/ovs/patience";
import { openReplica, type Replica } from "../../../provider/ovs/replica";
import { SwitchClient } from "../../../provider/ovs/switchClient";
import { HOSTILE_WAYS } from "./hostilePeer";
import { PrivateOvs } from "./privateOvs";

/** Milliseconds from one connection to the hostile host to the next, as a run makes one with each operation there. */
const INTERVAL = 500;
/** Milliseconds of operations on the good host alone, beside each connection to the hostile one. */
const ALONE = 250;
/** Connections to a hostile host: each is beside operations of its own, so that a slower machine slows both. */
const ROUNDS = 4;
/** What a hostile host may have of this process's time, the operations on it included. */
const SHARE = 0.25;
const MIB = 1024 * 1024;

/** Operations, and the processor time in milliseconds that this process took meanwhile. */
interface Cost {
  operations: number;
  milliseconds: number;
}

const total = (costs: readonly Cost[], of: keyof Cost) => costs.reduce((sum, cost) => sum + cost[of], 0);

describe("a host that sends without end, late, twice or too deep", function () {
  this.timeout(120_000);
  let ovs: PrivateOvs;
  let good: OvsdbClient;
  let replica: Replica;
  let directory: string;

  before(async () => {
    ovs = await PrivateOvs.start();
    good = new OvsdbClient({ kind: "stream", stream: await ovs.connect() });
    replica = await openReplica(good);
    directory = await mkdtemp(join(tmpdir(), "taas-hostile-"));
  });

  after(async () => {
    good?.close();
    await ovs?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /**
   * Operates on the good host for some milliseconds. What counts is processor time: all hosts share one thread, and other
   * processes do not count.
   */
  async function operate(milliseconds: number): Promise<Cost> {
    const start = performance.now();
    const before = process.cpuUsage();
    let operations = 0;
    for (; performance.now() - start < milliseconds; operations++) {
      await replica.read();
      await good.transact(bumpNextCfg());
    }
    const { user, system } = process.cpuUsage(before);
    return { operations, milliseconds: (user + system) / 1000 };
  }

  /** Asks the hostile host for something, as an operation would. */
  async function meet(way: string, path: string): Promise<void> {
    const stream = connect(path);
    if (way.startsWith("OpenFlow")) {
      const client = new SwitchClient(stream, within(1000));
      await client.read().finally(() => client.close());
    } else {
      const client = new OvsdbClient({ kind: "stream", stream }, { timeoutMs: 1000 });
      await openReplica(client)
        .then((hostile) => hostile.read())
        .finally(() => client.close());
    }
  }

  for (const way of HOSTILE_WAYS) {
    it(`(${way}) takes neither time nor memory from others`, async () => {
      const path = join(directory, `${HOSTILE_WAYS.indexOf(way)}.sock`);
      const peer: ChildProcess = fork(join(__dirname, "hostilePeer.js"), [way, path]);
      await once(peer, "message");
      const outcomes = new Set<string>();
      const alone: Cost[] = [];
      const beside: Cost[] = [];
      let memory = 0;
      try {
        for (let round = 0; round < ROUNDS; round++) {
          alone.push(await operate(ALONE));
          const met = meet(way, path).then(
            () => outcomes.add("taken"),
            () => outcomes.add("refused"),
          );
          beside.push(await operate(INTERVAL));
          memory = Math.max(memory, process.memoryUsage().rss);
          await met;
        }
      } finally {
        peer.kill();
      }
      const each = total(alone, "milliseconds") / total(alone, "operations");
      const taken = total(beside, "milliseconds") - each * total(beside, "operations");
      const share = taken / (ROUNDS * INTERVAL);
      console.log(
        `      ${Math.round(100 * share)} % of the time, ${Math.round(memory / MIB)} MiB of memory`,
      );
      expect(memory).to.be.lessThan(400 * MIB);
      expect([...outcomes]).not.to.include("taken");
      expect(share).to.be.at.most(SHARE);
    });
  }
});
