import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FilterFlow } from "../../../provider/model/filter/compile";
import { matchText } from "../../../provider/model/matchText";
import { parseFlows } from "../../../provider/ovs/openflow";
import { packetsOf } from "../../lab/pcap";
import { PrivateOvs } from "../ovs/privateOvs";

const SENTINEL = Buffer.from("0200000000fe0200000000fd88b5", "hex");
const SETTLE_MS = 10_000;

/**
 * Lanes on one bridge of a private Open vSwitch, each a port that frames go in by, a filter in table 1, and a port whose
 * frames are recorded.
 */
export class FilterBench {
  private readonly taken: number[];

  private constructor(
    readonly ovs: PrivateOvs,
    private readonly directory: string,
    readonly lanes: number,
  ) {
    this.taken = Array(lanes).fill(0);
  }

  static async start(lanes: number): Promise<FilterBench> {
    const bench = new FilterBench(
      await PrivateOvs.start(),
      await mkdtemp(join(tmpdir(), "taas-filter-")),
      lanes,
    );
    try {
      const port = (name: string, number: number, options: readonly string[]) => [
        ...["--", "add-port", "br0", name, "--", "set", "Interface", name, "type=dummy"],
        ...[`ofport_request=${number}`, ...options],
      ];
      const ports = bench
        .numbers()
        .flatMap((lane) => [
          ...port(`in${lane}`, lane + 1, []),
          ...port(`out${lane}`, lane + 1 + lanes, [`options:tx_pcap=${bench.record(lane)}`]),
        ]);
      const bridge = [
        "add-br",
        "br0",
        "--",
        "set",
        "Bridge",
        "br0",
        "datapath_type=dummy",
        "fail_mode=secure",
      ];
      await bench.ovs.vsctl(...bridge, ...ports);
      await bench.ovs.ofctl("set-frags", "br0", "nx-match");
      return bench;
    } catch (error) {
      await bench.stop();
      throw error;
    }
  }

  /** Puts a filter on each lane in place of the last ones. */
  async load(filters: readonly (readonly FilterFlow[])[]): Promise<void> {
    const sentinel = `priority=200,dl_dst=02:00:00:00:00:fe,dl_src=02:00:00:00:00:fd,dl_type=0x88b5`;
    const text = filters.flatMap((flows, lane) => {
      const input = `in_port=${lane + 1}`;
      const output = lane + 1 + this.lanes;
      const accept = ({ snapLength }: FilterFlow) =>
        snapLength === undefined ? `output:${output}` : `output(port=${output},max_len=${snapLength})`;
      return [
        `table=0,${sentinel},${input},actions=output:${output}`,
        `table=0,priority=100,${input},actions=goto_table:1`,
        ...flows.map((flow) => {
          const match = [`table=1,priority=${flow.priority}`, input, ...matchText(flow.match)].join(",");
          return `${match},actions=${flow.verdict === "accept" ? accept(flow) : "drop"}`;
        }),
      ];
    });
    const argv = ["ovs-ofctl", "-O", "OpenFlow14", "--timeout=20", "--bundle", "replace-flows", "br0", "-"];
    const result = await this.ovs.run(argv, { input: `${text.join("\n")}\n` });
    if (result.exitCode !== 0) throw new Error(`replace-flows: ${result.stderr}`);
  }

  /**
   * Empties the datapath's cache. Without that, the userspace datapath of 3.1 gives a new decision to another of several cached
   * flows that overlap, and frames of some go on as before.
   */
  async purge(): Promise<void> {
    await this.ovs.appctl("revalidator/purge");
  }

  /** Sends frames into a lane, at most 99, and resolves with those that came out. */
  async send(lane: number, frames: readonly Buffer[]): Promise<Buffer[]> {
    const name = `in${lane}`;
    const all = [...frames, SENTINEL].map((frame) => frame.toString("hex"));
    await this.ovs.appctl("netdev-dummy/receive", name, ...all);
    const deadline = Date.now() + SETTLE_MS;
    for (;;) {
      const recorded = packetsOf(await readFile(this.record(lane))).map(({ frame }) => frame);
      if (recorded.at(-1)?.equals(SENTINEL) && recorded.length > this.taken[lane]!) {
        const fresh = recorded.slice(this.taken[lane], -1);
        this.taken[lane] = recorded.length;
        return fresh;
      }
      if (Date.now() > deadline) throw new Error(`lane ${lane} did not settle`);
      await sleep(2);
    }
  }

  /** The priorities and matches of a lane's filter as the bridge says them. */
  async matches(lane: number): Promise<string[]> {
    const input = `in_port=${lane + 1}`;
    const text = await this.ovs.ofctl("dump-flows", "br0", `table=1,${input}`);
    return parseFlows(text).map(({ priority, match }) => {
      const fields = match.split(",").filter((field) => field !== input);
      return `${priority} ${fields.join(",")}`;
    });
  }

  async stop(): Promise<void> {
    await this.ovs.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  private numbers(): number[] {
    return Array.from({ length: this.lanes }, (_, lane) => lane);
  }

  private record(lane: number): string {
    return join(this.directory, `out${lane}.pcap`);
  }
}
