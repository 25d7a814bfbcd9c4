import { isLeased } from "./leases";
import { bridgeName, commandFailed, type OfctlTarget, ofctlArgv, runBounded } from "./ofctl";
import { type Flow, formatFlow, parseFlow } from "./openflow";

/**
 * The differences between a bridge's flows and the wanted ones. A flow with other actions or another cookie is in both
 * lists.
 */
export interface FlowDifference {
  /** Wanted, not on the bridge. */
  missing: Flow[];
  /** On the bridge, not wanted, and not leased. */
  unexpected: Flow[];
}

/**
 * `diff-flows` does not accept `-` for standard input. It opens a path itself, which fails for standard input if that
 * is a socket, so cat turns it into a pipe. In `/`, a bridge's name is unlikely to be the name of a file.
 */
const SCRIPT = 'cd / && cat | exec $TAAS_SUDO "$@" /dev/stdin';
const DIFFERENT = 2;

/** Compares the bridge's flows with the text of a flow file. Rejects with `openflow-error` or `openflow-reply`. */
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

/** ovs-ofctl regards a match with `nw_frag=yes` as different from the bridge's own, although it is the same. */
function without(flows: readonly Flow[], others: readonly Flow[]): Flow[] {
  const known = new Set(others.map(formatFlow));
  return flows.filter((flow) => !known.has(formatFlow(flow)));
}
