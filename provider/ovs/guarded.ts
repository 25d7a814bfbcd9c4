import { bridgeName, commandFailed, type OfctlTarget, runBounded, timeoutSeconds } from "./ofctl";
import { isUuid } from "./values";

/** What must still hold for a write to a host to be correct: the claims' generation, and port numbers. */
export interface HostGuard {
  /** Name of the bridge whose `other_config` contains the generation. */
  bridge: string;
  /** Its key there. */
  key: string;
  /** Its expected value. If the key or the bridge does not exist, the value counts as 0. */
  generation: string;
  /** Expected `ofport` by Interface UUID. */
  ofports: Readonly<Record<string, number>>;
}

/**
 * The function `holds` of a script: whether the guard still holds. It reads the script's variables guard, key,
 * expected, nics and seconds. ovs-vsctl quotes a number in a string.
 */
export const HOLDS = `
holds() {
  set -- --if-exists get Bridge "$guard" "other_config:$key"
  for nic in $nics; do set -- "$@" -- --if-exists get Interface "$nic" ofport; done
  seen=$($TAAS_SUDO ovs-vsctl --no-wait --timeout="$seconds" -- "$@" </dev/null) || exit 3
  seen=$(printf %s "$seen" | tr -d '"')
  [ "\${seen:-0}" = "$expected" ]
}
`;

/**
 * The values of a script's variables guard, key, expected and nics. Throws a RangeError for text that is not safe in a
 * script.
 */
export function guardWords({ bridge, key, generation, ofports }: HostGuard): string[] {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(key)) throw new RangeError(`not allowed in a guard: ${key}`);
  const entries = Object.entries(ofports);
  for (const [uuid, ofport] of entries) {
    if (!isUuid(uuid) || !Number.isSafeInteger(ofport)) {
      throw new RangeError(`not an interface and its port number: ${uuid}, ${ofport}`);
    }
  }
  const expected = [generation || "0", ...entries.map(([, ofport]) => ofport)].join("\n");
  return [bridge, key, expected, entries.map(([uuid]) => uuid).join(" ")];
}

/**
 * A command of ovs-ofctl(8), and its argument after the bridge's name. `del-flows` is strict. `put-meter`, which
 * ovs-ofctl lacks, creates a meter, or updates the one that has its number: another writer may have created it since
 * the meters were read.
 */
export type OfctlCommand = readonly [
  command: "add-flow" | "del-flows" | "put-meter" | "del-meter",
  argument: string,
];

const SCRIPT = `
guard=$1 key=$2 expected=$3 nics=$4 seconds=$5 version=$6 bridge=$7
shift 7
${HOLDS}
ofctl() {
  strict=
  [ "$1" != del-flows ] || strict=--strict
  $TAAS_SUDO ovs-ofctl -O "$version" --timeout="$seconds" $strict -- "$1" "$bridge" "$2" </dev/null
}
put_meter() {
  said=$(ofctl add-meter "$1" 2>&1) && return
  case $said in
    *METER_EXISTS*) ofctl mod-meter "$1" ;;
    *) printf '%s\n' "$said" >&2; return 1 ;;
  esac
}
holds || { echo moved; exit 0; }
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || exit 4
  case $1 in
    put-meter) put_meter "$2" ;;
    *) ofctl "$1" "$2" ;;
  esac || exit 4
  shift 2
done
holds || { echo moved; exit 0; }
echo done
`;

/**
 * Runs commands of ovs-ofctl on a bridge by one script on the host. It does nothing if the guard has changed, and
 * checks the guard again afterwards. Resolves to false if the guard had changed before or has changed by then: what was
 * written must then be compared again. Rejects with `openflow-error` or `openflow-timeout`; `wanted` describes the work
 * in the message.
 */
export async function runGuarded(
  target: OfctlTarget & { version: string },
  guard: HostGuard,
  commands: readonly OfctlCommand[],
  wanted: string,
): Promise<boolean> {
  const seconds = String(timeoutSeconds(target));
  const words = [...guardWords(guard), seconds, target.version, bridgeName(target), ...commands.flat()];
  const result = await runBounded(target, { text: SCRIPT, name: "taas-guarded", words });
  const said = result.stdout.trim();
  if (result.exitCode !== 0 || !["moved", "done"].includes(said)) throw commandFailed(target, wanted, result);
  return said === "done";
}
