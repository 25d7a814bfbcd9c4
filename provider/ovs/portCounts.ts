import { bridgeName, commandFailed, type OfctlTarget, ofctlArgv, runBounded } from "./ofctl";

/** The current counters of a port; those in OVSDB lag some seconds behind. */
export interface PortCount {
  sent: { packets: number; bytes: number };
  received: { packets: number; bytes: number };
  /** Sending and receiving errors and drops. */
  errors: number;
}

/**
 * Reads the counters of a bridge's ports, by port number (`ovs-ofctl dump-ports`). `version`: the OpenFlow version that
 * the bridge accepts.
 */
export async function readPortCounts(
  target: OfctlTarget,
  version = "OpenFlow14",
): Promise<Map<number, PortCount>> {
  const argv = ofctlArgv(target, version, ["--", "dump-ports", bridgeName(target)]);
  const result = await runBounded(target, argv);
  if (result.exitCode !== 0) throw commandFailed(target, "reading the ports' counters", result);
  const blocks = result.stdout.split(/^(?=\s*port\s)/m).filter((block) => /^\s*port\s+\d+:/.test(block));
  return new Map(blocks.map((block) => [Number(/^\s*port\s+(\d+):/.exec(block)![1]), portCount(block)]));
}

/** A counter that the port does not keep is printed as `?`, and counts as 0. */
function portCount(block: string): PortCount {
  const [received = "", sent = ""] = block.split(/\btx\b/);
  const read = (text: string, name: string) => Number(new RegExp(`\\b${name}=(\\d+)`).exec(text)?.[1] ?? 0);
  const count = (text: string) => ({ packets: read(text, "pkts"), bytes: read(text, "bytes") });
  const faults = [received, sent].flatMap((text) => [read(text, "drop"), read(text, "errs")]);
  return {
    sent: count(sent),
    received: count(received),
    errors: faults.reduce((sum, fault) => sum + fault, 0),
  };
}
