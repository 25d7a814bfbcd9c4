import { isLeased } from "./leases";
import { bridgeName, commandFailed, type OfctlTarget, ofctlArgv, runBounded } from "./ofctl";
import { type Flow, formatFlow, parseFlow } from "./openflow";

/** How a bridge's flows differ from the wanted ones. A flow with other actions or another cookie is in both lists. */
export interface FlowDifference {
  /** Wanted, not on the bridge. */
  missing: Flow[];
  /** On the bridge, not wanted, and not leased. */
  unexpected: Flow[];
}

/**
 * `diff-flows` takes no `-` for standard input, and a path only when it can open it anew, which it cannot when
 * standard input is a socket: cat makes it a pipe. In `/`, the bridge's name is hardly one of a file.
 */
const SCRIPT = 'cd / && cat | exec $TAAS_SUDO "$@" /dev/stdin';
const DIFFERENT = 2;

/** Compares the bridge's flows with a flow file's text. Rejects with `openflow-error` or `openflow-reply`. */
export async function diffFlows(target: OfctlTarget, flows: string): Promise<FlowDifference> {
  const words = ofctlArgv(target, "OpenFlow14", ["--", "diff-flows", bridgeName(target)]);
  const result = await runBounded(target, { text: SCRIPT, name: "taas-diff-flows", words }, flows);
  if (result.exitCode !== 0 && result.exitCode !== DIFFERENT) {
    throw commandFailed(target, "comparing the flows", result);
  }
  const lines = result.stdout.split("\n");
  const marked = (mark: string) =>
    lines.filter((line) => line.startsWith(mark)).map((line) => parseFlow(line.slice(1), target.host));
  const [wanted, present] = [marked("+"), marked("-")];
  const isSame = wanted.length + present.length === 0;
  if (isSame !== (result.exitCode === 0)) throw commandFailed(target, "comparing the flows", result);
  const lasting = present.filter((flow) => !isLeased(flow));
  return { missing: without(wanted, lasting), unexpected: without(lasting, wanted) };
}

/** ovs-ofctl takes a match by `nw_frag=yes` for another than the bridge's, though it is the same. */
function without(flows: readonly Flow[], others: readonly Flow[]): Flow[] {
  const known = new Set(others.map(formatFlow));
  return flows.filter((flow) => !known.has(formatFlow(flow)));
}
