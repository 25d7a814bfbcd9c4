import { bridgeName, commandFailed, type OfctlTarget, ofctlArgv, runBounded } from "./ofctl";

/**
 * How a bridge must handle IP fragments so that rules can tell first ones from later ones (ovs-ofctl(8), set-frags).
 */
export const FRAGMENTS = "nx-match";

/** Reads how a bridge handles IP fragments. Rejects with `openflow-error`. */
export async function readFragments(target: OfctlTarget): Promise<string> {
  const argv = ofctlArgv(target, "OpenFlow14", ["--", "get-frags", bridgeName(target)]);
  const result = await runBounded(target, argv);
  if (result.exitCode !== 0) throw commandFailed(target, "reading how fragments are handled", result);
  return result.stdout.trim();
}
