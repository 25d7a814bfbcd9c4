import { TaasError } from "../errors";
import { FRAGMENTS } from "./fragments";
import { bridgeName, commandFailed, type OfctlTarget, runBounded, timeoutSeconds } from "./ofctl";
import { flowKey, parseFlows } from "./openflow";
import { isUuid } from "./values";

/** What must still be so for flow text to be right: the claims' generation, and the port numbers it was rendered from. */
export interface PushGuard {
  /** Key in `other_config` of the bridge's row. */
  key: string;
  /** Its expected value: letters, digits, `_` and `-`. */
  generation: string;
  /** Expected `ofport` by Interface UUID. */
  ofports: Readonly<Record<string, number>>;
}

/** `moved`: generation or a port number was another one, before the push (nothing was written) or right after it. */
export type PushOutcome = { outcome: "pushed" } | { outcome: "moved"; when: "before" | "after" };

/** A row or key that is not there prints nothing and so is "moved"; ovs-vsctl puts quotes around a number in a string. */
const SCRIPT = `
bridge=$1 seconds=$2 key=$3 expected=$4
shift 4
holds() {
  seen=$($TAAS_SUDO ovs-vsctl --no-wait --timeout="$seconds" -- \\
    --if-exists get Bridge "$bridge" "other_config:$key" "$@" </dev/null) || exit 3
  [ "$(printf %s "$seen" | tr -d '"')" = "$expected" ]
}
holds "$@" || { echo moved before; exit 0; }
$TAAS_SUDO ovs-ofctl -O OpenFlow14 --timeout="$seconds" -- set-frags "$bridge" ${FRAGMENTS} || exit 4
$TAAS_SUDO ovs-ofctl -O OpenFlow14 --timeout="$seconds" --bundle -- replace-flows "$bridge" - || exit 4
holds "$@" || { echo moved after; exit 0; }
echo pushed
`;

/**
 * Makes the flows of a bridge exactly those of a flow file's text, in one atomic bundle, by one command on the host
 * that pushes only while the guard holds and looks at it again after the push. Counters of unchanged flows are kept.
 * Rejects with `duplicate-flow` when two flows would take each other's place (ovs-ofctl would silently keep the last
 * one), `openflow-error` with ovs-ofctl's own words when the bridge refuses, and then nothing was changed.
 */
export async function pushFlows(target: OfctlTarget, flows: string, guard: PushGuard): Promise<PushOutcome> {
  refuseDuplicates(target, flows);
  const bridge = bridgeName(target);
  const ofports = Object.entries(guard.ofports);
  const expected = [guard.generation, ...ofports.map(([, ofport]) => ofport)].join("\n");
  const reads = ofports.flatMap(([uuid]) => ["--", "--if-exists", "get", "Interface", uuid, "ofport"]);
  checkGuard(guard);
  const seconds = String(timeoutSeconds(target));
  const words = [bridge, seconds, guard.key, expected, ...reads];
  const result = await runBounded(target, { text: SCRIPT, name: "taas-push-flows", words }, flows);
  const said = result.stdout.trim();
  if (result.exitCode === 0 && said === "pushed") return { outcome: "pushed" };
  if (result.exitCode === 0 && said === "moved before") return { outcome: "moved", when: "before" };
  if (result.exitCode === 0 && said === "moved after") return { outcome: "moved", when: "after" };
  throw commandFailed(target, "writing the flows", result);
}

function checkGuard(guard: PushGuard): void {
  for (const word of [guard.key, guard.generation]) {
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(word)) throw new RangeError(`not fit for a guard: ${word}`);
  }
  for (const [uuid, ofport] of Object.entries(guard.ofports)) {
    if (!isUuid(uuid) || !Number.isSafeInteger(ofport)) {
      throw new RangeError(`not an interface and its port number: ${uuid}, ${ofport}`);
    }
  }
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
