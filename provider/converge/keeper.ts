import { createHash } from "node:crypto";
import { TaasError } from "../errors";
import type { ExecResult } from "../host/transport";
import { KEEPER_SCRIPT } from "../keeper/script";
import { KEEPER_PLACES, KEEPER_UNIT } from "../keeper/unit";
import type { Desired } from "../model/desired";
import { GENERATION_KEY, KEEPER_KEY } from "../model/readClaims";
import type { BridgeFacts, Facts } from "../ovs/facts";
import { keeperText } from "../plan/keeperText";
import type { HostAccess } from "./access";
import { requireHeld } from "./otherWriter";

const { folder, script, unit, service } = KEEPER_PLACES;

/** Every script here needs root; the wording of the refusal causes the command to be run again with sudo. */
const AS_ROOT = `[ "$(id -u)" -eq 0 ] || { echo "permission denied: the keeper is root's" >&2; exit 13; }
umask 077
bridge=$1 generation=$2 state=${folder}/state.$1.$2
holds() {
  seen=$(ovs-vsctl --no-wait --timeout=10 --if-exists get Bridge "$bridge" other_config:${GENERATION_KEY} </dev/null) || exit 3
  [ "$(printf %s "$seen" | sed 's/"//g')" = "$generation" ]
}
sum() { if [ -f "$1" ]; then sha256sum < "$1" | sed 's/ .*//'; else echo missing; fi; }
`;

/** Prints the state of the keeper's parts on the host, one per line. */
const LOOK = `
echo "script $(sum ${script})"
if [ -d "$(dirname ${unit})" ]; then echo "unit $(sum ${unit})"; else echo "unit none"; fi
if [ -d /run/systemd/system ]; then
  if systemctl is-active --quiet ${service} && systemctl is-enabled --quiet ${service}; then echo "service runs"; else echo "service stands"; fi
fi
if [ -f "$state" ]; then
  if [ "$(sed '$d' "$state" | sha256sum | sed 's/ .*//')" = "$(sed -n '$s/^# //p' "$state")" ]; then echo "state whole"; else echo "state altered"; fi
else echo "state missing"
fi
`;

const ASK = `
for place in ${folder} "$(dirname ${folder})" "$(dirname ${unit})"; do
  [ ! -d "$place" ] || [ -w "$place" ] || { echo "$place cannot be written to"; exit 0; }
done
for tool in ovs-vsctl ovs-ofctl ovsdb-client awk sed grep dd mkfifo sha256sum; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed"; exit 0; }
done
echo ready
`;

/** Texts of other changes are deleted only if there is no newer change. */
const WRITE = `
holds || { echo moved; exit 0; }
mkdir -p ${folder} && cat > "$state" || exit 4
if [ -n "\${OVS_RUNDIR:-}" ]; then printf '%s\\n' "$OVS_RUNDIR" > ${folder}/rundir; else rm -f ${folder}/rundir; fi
holds || { echo moved; exit 0; }
for other in ${folder}/state.*; do [ "$other" = "$state" ] || rm -f "$other"; done
`;

/** A file is written completely or not at all: a broken connection ends the text early. */
const INSTALL = `
target=$3 mode=$4 expected=$5
holds || { echo moved; exit 0; }
fresh=${folder}/new.$$
cat > "$fresh" && [ "$(sum "$fresh")" = "$expected" ] || { rm -f "$fresh"; echo "$target did not come whole" >&2; exit 4; }
chmod "$mode" "$fresh" && mv -f "$fresh" "$target" || exit 4
echo installed
`;

const START = `
[ -d /run/systemd/system ] || { echo started; exit 0; }
systemctl daemon-reload && systemctl enable --quiet ${service} && systemctl restart ${service} || exit 4
echo started
`;

/** The service is stopped before its files are deleted, so that it leaves nothing half done. */
const REMOVE = `
holds || { echo moved; exit 0; }
[ -e ${folder} ] || [ -e ${unit} ] || { echo removed; exit 0; }
if [ -d /run/systemd/system ] && [ -f ${unit} ]; then systemctl disable --now --quiet ${service} || exit 4; fi
rm -f ${unit} && rm -rf ${folder} || exit 4
if [ -d /run/systemd/system ]; then systemctl daemon-reload || exit 4; fi
echo removed
`;

/** The change of a tap bridge that a step belongs to. */
interface Moment {
  bridge: BridgeFacts;
  generation: number;
}

/** The same, with the count as stored in the row: one that was set by hand may have leading zeros. */
type Written = Omit<Moment, "generation"> & { generation: string };

function sum(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Whether a host's claims, current or desired, need a keeper, or it has had one. */
export function wantsKeeper(desired: Desired, bridge: BridgeFacts | undefined): boolean {
  return desired.keeper === "wanted" || bridge?.otherConfig[KEEPER_KEY] !== undefined;
}

/** What it takes to run commands and report on them. */
type Commands = Pick<HostAccess, "run" | "record">;

async function runAsRoot(
  access: Commands,
  body: string,
  args: readonly string[],
  input?: string,
): Promise<ExecResult> {
  try {
    return await access.run(["sh", "-c", AS_ROOT + body, "taas-keeper-step", ...args], {
      ...(input === undefined ? {} : { input }),
    });
  } catch (error) {
    if (!(error instanceof TaasError) || error.code !== "no-rights") throw error;
    throw refused(access, error.shortMessage, error);
  }
}

function refused(access: Commands, why: string, cause?: unknown): TaasError {
  return new TaasError(`the keeper cannot be installed or removed there: ${why}`, {
    code: "keeper-refused",
    host: access.record.name,
    hint: "Log in as root, or as a user with sudo; or leave keeper out of the host",
    cause,
  });
}

async function step(
  access: HostAccess,
  body: string,
  { bridge, generation }: Moment | Written,
  input?: string,
  ...more: readonly string[]
): Promise<string> {
  const result = await runAsRoot(access, body, [bridge.uuid, String(generation), ...more], input);
  if (result.exitCode === 0) return result.stdout.trim();
  const said = result.stderr.trim().slice(0, 500);
  throw new TaasError(`the keeper could not be updated: ${said || `exit code ${result.exitCode}`}`, {
    code: "keeper-failed",
    host: access.record.name,
    hint: `Check ${folder} and systemctl status ${service} there, and run again`,
  });
}

/** Rejects with `keeper-refused` if a keeper could not be installed or removed. */
export async function askForKeeper(access: Commands): Promise<void> {
  const { exitCode, stdout, stderr } = await runAsRoot(access, ASK, ["", ""]);
  const said = stdout.trim();
  if (exitCode !== 0 || said !== "ready") throw refused(access, said || stderr.trim());
}

/** The reported state of a host's keeper. */
function reported(said: string): Map<string, string> {
  return new Map(said.split("\n").map((line) => line.split(" ", 2) as [string, string]));
}

/**
 * Writes the keeper's text for this change of the claims, and installs the keeper if it is missing or altered. Throws
 * `OtherWriter` if another writer changed the host.
 */
export async function keep(
  access: HostAccess,
  desired: Desired,
  facts: Facts,
  moment: Moment,
): Promise<void> {
  const text = keeperText(desired, facts, moment);
  const said = await step(access, WRITE + LOOK, moment, `${text}# ${sum(text)}\n`);
  requireHeld(said !== "moved");
  const found = reported(said);
  const due = [
    { path: script, mode: "755", text: KEEPER_SCRIPT, sum: found.get("script") },
    { path: unit, mode: "644", text: KEEPER_UNIT, sum: found.get("unit") },
  ].filter((file) => file.sum !== "none" && file.sum !== sum(file.text));
  for (const file of due) {
    const done = await step(access, INSTALL, moment, file.text, file.path, file.mode, sum(file.text));
    requireHeld(done !== "moved");
  }
  if (due.length > 0 || found.get("service") === "stands") await step(access, START, moment);
}

/**
 * Removes the keeper completely; no error if there is none. Throws `OtherWriter` if another writer changed the host.
 */
export async function removeKeeper(access: HostAccess, moment: Moment | Written): Promise<void> {
  requireHeld((await step(access, REMOVE, moment)) !== "moved");
}

/** The differences in a host's keeper, in words. */
export async function inspectKeeper(access: HostAccess, desired: Desired, moment: Moment): Promise<string[]> {
  const found = reported(await step(access, LOOK, moment));
  if (desired.keeper === "unwanted") {
    const left = found.get("script") !== "missing" || !["missing", "none"].includes(found.get("unit")!);
    return left ? ["there is a keeper that no claim asks for"] : [];
  }
  const fault = (name: string, text: string): string[] => {
    const is = found.get(name);
    if (is === "none" || is === sum(text)) return [];
    return [`the keeper's ${name} is ${is === "missing" ? "missing" : "altered"}`];
  };
  const state = found.get("state");
  return [
    ...fault("script", KEEPER_SCRIPT),
    ...fault("unit", KEEPER_UNIT),
    ...(found.get("service") === "stands" ? ["the keeper's service is not running"] : []),
    ...(state === "whole" ? [] : [`the keeper's state is ${state}`]),
  ];
}
