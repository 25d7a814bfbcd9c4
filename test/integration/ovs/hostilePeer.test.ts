import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { bumpNextCfg } from "../../../provider/ovs/applied";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { openReplica, type Replica } from "../../../provider/ovs/replica";
import { SwitchClient } from "../../../provider/ovs/switchClient";
import { HOSTILE_WAYS } from "./hostilePeer";
import { PrivateOvs } from "./privateOvs";

/** Milliseconds between two connections to the hostile host, as a run makes one with each operation there. */
const INTERVAL = 500;
/** Milliseconds of operations on the good host in each part of a comparison. */
const PART = 1000;
const ROUNDS = 3;
const MIB = 1024 * 1024;

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

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

  /** What an operation on the good host takes on average, in milliseconds. */
  async function goodTime(): Promise<number> {
    const start = performance.now();
    let count = 0;
    for (; performance.now() - start < PART; count++) {
      await replica.read();
      await good.transact(bumpNextCfg());
    }
    return (performance.now() - start) / count;
  }

  /** Asks the hostile host for something, as an operation would. */
  async function meet(way: string, path: string): Promise<void> {
    const stream = connect(path);
    if (way.startsWith("OpenFlow")) {
      const client = new SwitchClient(stream, 1000);
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
      const met: Promise<unknown>[] = [];
      const outcomes = new Set<string>();
      const ratios: number[] = [];
      let memory = 0;
      try {
        for (let round = 0; round < ROUNDS; round++) {
          const alone = await goodTime();
          const timer = setInterval(() => {
            memory = Math.max(memory, process.memoryUsage().rss);
            met.push(
              meet(way, path).then(
                () => outcomes.add("taken"),
                () => outcomes.add("refused"),
              ),
            );
          }, INTERVAL);
          const beside = await goodTime();
          clearInterval(timer);
          await Promise.all(met.splice(0));
          ratios.push(beside / alone);
        }
      } finally {
        peer.kill();
      }
      expect(memory).to.be.lessThan(400 * MIB);
      expect([...outcomes]).not.to.include("taken");
      expect(median(ratios)).to.be.at.most(1.5);
    });
  }
});
