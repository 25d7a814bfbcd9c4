import { TaasError } from "../errors";
import type { Claim } from "../schema/claim";
import type { HostAccess } from "./access";
import type { Edit } from "./edit";
import type { Difference, Look } from "./look";

/**
 * A hybrid plug (os-vif): `qvo` is on the integration bridge, `qbr` the Linux bridge between it and the VM. Open vSwitch
 * takes names that Linux has for no device, and this one goes into a path.
 */
const OVS_SIDE = /^qvo([^/\s]{1,12})$/;

/** The Linux bridge that a port of the integration bridge leads to, by the names os-vif gives; undefined for other ports. */
export function linuxBridgeOf(port: string): string | undefined {
  const rest = OVS_SIDE.exec(port)?.[1];
  return rest === undefined ? undefined : `qbr${rest}`;
}

/** Prints the ageing time of each bridge, a line each; an empty one where there is no such bridge. */
const READ =
  'for bridge; do cat "/sys/class/net/$bridge/bridge/ageing_time" 2>/dev/null || echo; done; exit 0';

/** Reads the ageing times of Linux bridges, in hundredths of a second; none where there is no such bridge. */
export async function readAgeing(
  access: HostAccess,
  bridges: readonly string[],
): Promise<Map<string, number>> {
  if (bridges.length === 0) return new Map();
  const { stdout } = await access.run({ text: READ, name: "taas-ageing", words: bridges });
  const lines = stdout.split("\n");
  return new Map(
    bridges.flatMap((bridge, index): [string, number][] =>
      /^\d+$/.test(lines[index] ?? "") ? [[bridge, Number(lines[index])]] : [],
    ),
  );
}

/**
 * Sets the ageing time of a Linux bridge. A learning bridge of two ports drops copies: it learns both ends of a
 * conversation behind the same port. With 0 it forwards everything.
 */
export async function setAgeing(access: HostAccess, bridge: string, hundredths: number): Promise<void> {
  const argv = ["ip", "link", "set", "dev", bridge, "type", "bridge", "ageing_time", String(hundredths)];
  const { exitCode, stderr } = await access.run(argv);
  if (exitCode === 0 || !(await readAgeing(access, [bridge])).has(bridge)) return;
  throw new TaasError(
    `the ageing time of Linux bridge ${bridge} cannot be set to ${hundredths}: ${stderr.trim()}`,
    {
      code: "ageing-failed",
      host: access.record.name,
      hint: "The login needs the right to run ip link set, for instance by sudo",
    },
  );
}

/** The Linux bridges in front of the monitors that claims have, with the ageing times they had before. */
function recordedAgeing(claims: Iterable<Claim>): Map<string, number> {
  return new Map(
    [...claims].flatMap((claim) =>
      claim.kind === "service" && claim.leaving === undefined ? Object.entries(claim.ageing ?? {}) : [],
    ),
  );
}

/** Gives bridges that no claim has any more their ageing times back: before the claims go, which alone know them. */
export async function learnAgain(
  access: HostAccess,
  before: ReadonlyMap<string, Claim>,
  after: ReadonlyMap<string, Claim>,
): Promise<void> {
  const kept = recordedAgeing(after.values());
  for (const [bridge, time] of recordedAgeing(before.values())) {
    if (!kept.has(bridge)) await setAgeing(access, bridge, time);
  }
}

/** Lets the bridges of claims that are put forward everything: once the claims are there, which know how it was. */
export async function stopLearning(
  access: HostAccess,
  edits: readonly Edit[],
  claims: ReadonlyMap<string, Claim>,
): Promise<void> {
  const put = edits.filter(({ kind }) => kind === "put").flatMap(({ owner }) => claims.get(owner) ?? []);
  for (const bridge of recordedAgeing(put).keys()) await setAgeing(access, bridge, 0);
}

/** Linux bridges of monitors that learn; without such bridges nothing is asked. A writer sets them after the claims. */
export async function compareAgeing(access: HostAccess, { read }: Look): Promise<Difference[]> {
  const times = await readAgeing(access, [...recordedAgeing(read.claims.values()).keys()]);
  return [...times]
    .filter(([, time]) => time !== 0)
    .map(([bridge, time]) => ({
      what: `Linux bridge ${bridge} has ageing time ${time}, not 0`,
      owners: [...read.claims.values()]
        .filter((claim) => recordedAgeing([claim]).has(bridge))
        .map(({ owner }) => owner),
      passing: true,
    }));
}
