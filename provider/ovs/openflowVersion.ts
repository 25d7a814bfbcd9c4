import { TaasError } from "../errors";

/** In order of preference. All support cookie masks and table numbers, 1.0 through Open vSwitch's extensions. */
const VERSIONS = ["OpenFlow14", "OpenFlow13", "OpenFlow15", "OpenFlow12", "OpenFlow11", "OpenFlow10"];

/** A foreign bridge. */
export interface VersionedBridge {
  bridge: string;
  /** Its `protocols`; empty means OVS's default. */
  protocols: readonly string[];
  host?: string;
}

/**
 * The OpenFlow version for a bridge with these `protocols`. Throws `openflow-version` if it accepts none that is
 * supported.
 */
export function openflowVersion({ bridge, protocols, host }: VersionedBridge): string {
  if (protocols.length === 0) return VERSIONS[0]!;
  const version = VERSIONS.find((candidate) => protocols.includes(candidate));
  if (version !== undefined) return version;
  throw new TaasError(`bridge ${bridge} accepts only ${protocols.join(", ")}`, {
    code: "openflow-version",
    ...(host === undefined ? {} : { host }),
    hint: `Add one of ${VERSIONS.join(", ")} to the bridge's protocols column`,
  });
}
