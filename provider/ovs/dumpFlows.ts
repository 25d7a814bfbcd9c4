import { bridgeName, commandFailed, type OfctlTarget, ofctlArgv, runBounded } from "./ofctl";
import { type Flow, parseFlows } from "./openflow";

/** Options of `dumpFlows`. */
export interface DumpFlowsOptions {
  /**
   * Only flows that this match covers, in ovs-ofctl's notation: `table=1,in_port=3` or `cookie=0x7a70.../-1`. Default:
   * all.
   */
  match?: string;
  /** OpenFlow version to speak; default `OpenFlow14`. */
  version?: string;
}

/** Reads the flows of a bridge with their counters. Rejects with `openflow-error` or `openflow-reply`. */
export async function dumpFlows(target: OfctlTarget, options: DumpFlowsOptions = {}): Promise<Flow[]> {
  const filter = options.match === undefined ? [] : [options.match];
  const args = ["--", "dump-flows", bridgeName(target), ...filter];
  const result = await runBounded(target, ofctlArgv(target, options.version ?? "OpenFlow14", args));
  if (result.exitCode !== 0) throw commandFailed(target, "reading the flows", result);
  return parseFlows(result.stdout, target.host);
}
