import { isSame } from "../ovs/database";
import type { Facts } from "../ovs/facts";
import type { HostAccess } from "./access";
import { hookBridges } from "./hooks";
import { compareLinuxBridges } from "./linuxBridges";
import type { Inspection, Look } from "./look";
import { isMetered } from "./pushRules";

/** A host that was as its claims say, and what it was then. */
interface Sound {
  facts: Facts;
  state: string;
}

/**
 * Whether a host's rows, the rules of its tap bridge and the Linux bridges of its monitors are all there is of its taps: no
 * meters, no rules elsewhere, no keeper.
 */
function isPlain({ read }: Look): boolean {
  const kept = [...read.claims.values()].some((claim) => claim.keeper === true);
  return !kept && !isMetered(read) && hookBridges(read).size === 0;
}

/**
 * Compares a host with its claims, unless it is to the letter what it was when it was last found sound: a refresh asks for
 * each of its resources, one after the other. Whether it is, two questions tell instead of commands, and one command for
 * the Linux bridges of monitors where there are such.
 */
export class Recheck {
  private sound: Sound | undefined;

  constructor(private readonly compare: (access: HostAccess, look: Look) => Promise<Inspection>) {}

  /** `looking`: a look at the host, which may still be under way. */
  async inspect(access: HostAccess, looking: Promise<Look>): Promise<Inspection> {
    const { sound } = this;
    const [look, early] = await Promise.all([looking, sound && access.tapSwitch.state()]);
    const state = isPlain(look) ? (early ?? (await access.tapSwitch.state())) : undefined;
    const same = state !== undefined && sound?.state === state && isSame(sound.facts, look.facts);
    if (same && (await compareLinuxBridges(access, look)).length === 0) return { ...look, differences: [] };
    this.sound = undefined;
    const inspection = await this.compare(access, look);
    if (state !== undefined && inspection.differences.length === 0)
      this.sound = { facts: inspection.facts, state };
    return inspection;
  }
}
