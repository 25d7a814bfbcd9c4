import { notedLinuxBridges } from "../model/linuxBridge";
import { isSame } from "../ovs/database";
import type { Facts } from "../ovs/facts";
import type { Claim } from "../schema/claim";
import type { HostAccess } from "./access";
import { foreignBridges } from "./foreignRules";
import { compareLinuxBridges } from "./linuxBridges";
import type { Inspection, Look } from "./look";

/** A host that was as its claims say, and its state at that time. */
interface CachedInspection {
  facts: Facts;
  state: string;
}

/** Whether the time affects what is right for a claim. */
function ends(claim: Claim): boolean {
  return claim.kind === "flow" && claim.until !== undefined;
}

/**
 * Whether a host's taps consist only of its rows, the rules and meters of its tap bridge, and the Linux bridges of its
 * monitors: no rules elsewhere, no keeper, no end.
 */
function isPlain({ read, facts }: Look): boolean {
  const more = [...read.claims.values()].some((claim) => claim.keeper === true || ends(claim));
  return !more && foreignBridges(read, facts).size === 0;
}

/** Whether the Linux bridges that were behind monitors at the last comparison still let all copies through. */
async function areLinuxBridgesOpen(access: HostAccess, look: Look): Promise<boolean> {
  const noted = notedLinuxBridges(look.facts, look.read.bridge);
  return noted.length === 0 || (await compareLinuxBridges(access, look)).length === 0;
}

/**
 * Compares a host with its claims, unless it is exactly what it was when it was last found sound: a refresh asks for
 * each of its resources, one after another. Whether the host is unchanged follows from its rows and the state of its
 * tap bridge, which are read without a command. A command is run only if a Linux bridge is behind a monitor.
 */
export class InspectionCache {
  private sound: CachedInspection | undefined;

  constructor(private readonly compare: (access: HostAccess, look: Look) => Promise<Inspection>) {}

  /** `looking`: a look at the host, possibly not finished. */
  async inspect(access: HostAccess, looking: Promise<Look>): Promise<Inspection> {
    const { sound } = this;
    const [look, early] = await Promise.all([looking, sound && access.tapSwitch.state()]);
    const state = isPlain(look) ? (early ?? (await access.tapSwitch.state())) : undefined;
    const same = state !== undefined && sound?.state === state && isSame(sound.facts, look.facts);
    if (same && (await areLinuxBridgesOpen(access, look))) return { ...look, differences: [] };
    this.sound = undefined;
    const inspection = await this.compare(access, look);
    // Rules may have been lost and rewritten in the meantime: the host is sound if its state was the same before and
    // after.
    const isSound = state !== undefined && inspection.differences.length === 0;
    if (isSound && (await access.tapSwitch.state()) === state)
      this.sound = { facts: inspection.facts, state };
    return inspection;
  }
}
