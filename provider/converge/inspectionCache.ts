import { notedLinuxBridges } from "../model/linuxBridge";
import { isSame } from "../ovs/database";
import type { Facts } from "../ovs/facts";
import type { Claim } from "../schema/claim";
import type { HostAccess } from "./access";
import { foreignBridges } from "./foreignRules";
import { compareLinuxBridges } from "./linuxBridges";
import type { Inspection, Look } from "./look";

/** A host that was as its claims say, and what it was then. */
interface CachedInspection {
  facts: Facts;
  state: string;
}

/** Whether time changes what is right for a claim. */
function ends(claim: Claim): boolean {
  return claim.kind === "flow" && claim.until !== undefined;
}

/**
 * Whether a host's rows, the rules and meters of its tap bridge and the Linux bridges of its monitors are all there is of its
 * taps: no rules elsewhere, no keeper, no end.
 */
function isPlain({ read }: Look): boolean {
  const more = [...read.claims.values()].some((claim) => claim.keeper === true || ends(claim));
  return !more && foreignBridges(read).size === 0;
}

/** Whether the Linux bridges that were behind monitors when the host was last compared still let all copies through. */
async function areLinuxBridgesOpen(access: HostAccess, look: Look): Promise<boolean> {
  const noted = notedLinuxBridges(look.facts, look.read.bridge);
  return noted.length === 0 || (await compareLinuxBridges(access, look)).length === 0;
}

/**
 * Compares a host with its claims, unless it is to the letter what it was when it was last found sound: a refresh asks for
 * each of its resources, one after the other. Whether the host is unchanged is told by its rows and by the state of its tap
 * bridge, which take no command on it. One command is run only where a Linux bridge is behind a monitor.
 */
export class InspectionCache {
  private sound: CachedInspection | undefined;

  constructor(private readonly compare: (access: HostAccess, look: Look) => Promise<Inspection>) {}

  /** `looking`: a look at the host, which may still be under way. */
  async inspect(access: HostAccess, looking: Promise<Look>): Promise<Inspection> {
    const { sound } = this;
    const [look, early] = await Promise.all([looking, sound && access.tapSwitch.state()]);
    const state = isPlain(look) ? (early ?? (await access.tapSwitch.state())) : undefined;
    const same = state !== undefined && sound?.state === state && isSame(sound.facts, look.facts);
    if (same && (await areLinuxBridgesOpen(access, look))) return { ...look, differences: [] };
    this.sound = undefined;
    const inspection = await this.compare(access, look);
    // The rules may have been lost and written anew meanwhile: sound is what was the same before and after.
    const isSound = state !== undefined && inspection.differences.length === 0;
    if (isSound && (await access.tapSwitch.state()) === state)
      this.sound = { facts: inspection.facts, state };
    return inspection;
  }
}
