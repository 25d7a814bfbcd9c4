import { TaasError } from "../errors";
import { FRAGMENTS } from "./fragments";
import { guardWords, HOLDS, type HostGuard } from "./guarded";
import { LEASED, ONLY_LEASED } from "./leases";
import { bridgeName, commandFailed, type OfctlTarget, runBounded, timeoutSeconds } from "./ofctl";
import { flowKey, parseFlows } from "./openflow";

/** `moved`: the generation or a port number differed, before the push (nothing was written) or right after it. */
export type PushOutcome = { outcome: "pushed" } | { outcome: "moved"; when: "before" | "after" };

const SCRIPT = `
guard=$1 key=$2 expected=$3 nics=$4 seconds=$5 bridge=$1
${HOLDS}
holds || { echo moved before; exit 0; }
$TAAS_SUDO ovs-ofctl -O OpenFlow14 --timeout="$seconds" -- set-frags "$bridge" ${FRAGMENTS} || exit 4
leased=$($TAAS_SUDO ovs-ofctl -O OpenFlow14 --timeout="$seconds" --no-names -- dump-flows "$bridge" ${LEASED} </dev/null) || exit 4
{ cat; printf '%s\n' "$leased" | ${ONLY_LEASED}; } |
  $TAAS_SUDO ovs-ofctl -O OpenFlow14 --timeout="$seconds" --bundle -- replace-flows "$bridge" - || exit 4
holds || { echo moved after; exit 0; }
echo pushed
`;

/**
 * Makes the flows of a bridge exactly those of a flow file's text, in one atomic bundle. One command on the host pushes
 * only while the guard holds, and checks it again after the push. Counters of unchanged flows are kept, and so are
 * leased rules. Rejects with `duplicate-flow` if two flows have the same identity (ovs-ofctl would silently keep the
 * last one), and with `openflow-error` and ovs-ofctl's message if the bridge refuses; nothing is changed then.
 */
export async function pushFlows(
  target: OfctlTarget,
  flows: string,
  guard: Omit<HostGuard, "bridge">,
): Promise<PushOutcome> {
  refuseDuplicates(target, flows);
  const bridge = bridgeName(target);
  const words = [...guardWords({ ...guard, bridge }), String(timeoutSeconds(target))];
  const result = await runBounded(target, { text: SCRIPT, name: "taas-push-flows", words }, flows);
  const said = result.stdout.trim();
  if (result.exitCode === 0 && said === "pushed") return { outcome: "pushed" };
  if (result.exitCode === 0 && said === "moved before") return { outcome: "moved", when: "before" };
  if (result.exitCode === 0 && said === "moved after") return { outcome: "moved", when: "after" };
  throw commandFailed(target, "writing the flows", result);
}

function refuseDuplicates(target: OfctlTarget, flows: string): void {
  const keys = new Set<string>();
  for (const flow of parseFlows(flows, target.host)) {
    const key = flowKey(flow);
    if (keys.has(key)) {
      throw new TaasError(`two flows for bridge ${target.bridge} have the same match: ${key}`, {
        code: "duplicate-flow",
        host: target.host,
      });
    }
    keys.add(key);
  }
}
