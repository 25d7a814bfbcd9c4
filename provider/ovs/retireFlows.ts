import { type ForeignTarget, foreignMatch } from "./foreignFlow";
import { bridgeName, commandFailed, runBounded, timeoutSeconds } from "./ofctl";
import type { Flow } from "./openflow";
import { openflowVersion } from "./openflowVersion";

/** Under which other_config of which bridge rules may be removed. */
export interface RetireGuard {
  bridge: string;
  key: string;
  /** Its expected value: letters, digits, `_` and `-`. */
  generation: string;
}

/** A count that is not there is none. */
const SCRIPT = `
guard=$1 key=$2 expected=$3 seconds=$4 version=$5 bridge=$6
shift 6
seen=$($TAAS_SUDO ovs-vsctl --no-wait --timeout="$seconds" -- --if-exists get Bridge "$guard" "other_config:$key" </dev/null) || exit 3
seen=$(printf %s "$seen" | tr -d '"')
[ "\${seen:-0}" = "$expected" ] || { echo moved; exit 0; }
for match; do
  $TAAS_SUDO ovs-ofctl -O "$version" --timeout="$seconds" --strict -- del-flows "$bridge" "$match" </dev/null || exit 4
done
echo retired
`;

/**
 * Removes rules of ours from a bridge that is not ours, each only with its very cookie, table, priority and match, by one
 * command that does nothing once the guard has moved. Resolves to false then.
 */
export async function retireFlows(
  target: ForeignTarget,
  flows: readonly Flow[],
  guard: RetireGuard,
): Promise<boolean> {
  const seconds = String(timeoutSeconds(target));
  const words = [
    ...[guard.bridge, guard.key, guard.generation, seconds],
    ...[openflowVersion(target), bridgeName(target), ...flows.map(foreignMatch)],
  ];
  const result = await runBounded(target, { text: SCRIPT, name: "taas-retire-flows", words });
  const said = result.stdout.trim();
  if (result.exitCode !== 0 || !["moved", "retired"].includes(said))
    throw commandFailed(target, "removing rules", result);
  return said === "retired";
}
