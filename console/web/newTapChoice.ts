import type { Edit } from "../api/edit";
import type { Vnic } from "../api/ports";
import type { TapRow } from "../api/rows";
import { type MatchChoice, NO_MATCH, selectorOf } from "./matchChoice";
import { type MonitorChoice, monitorOf, NO_MONITOR } from "./monitorChoice";
import type { PlacedVm } from "./placedVm";

/** The value of the last entry in the list of services: create a new one. */
export const NEW_SERVICE = "new";

/** The fields of a new tap. */
export interface TapChoice {
  /** Undefined until the user types a name; until then, one is proposed. */
  name: string | undefined;
  service: string;
  monitor: MonitorChoice;
  /** One port, or all that match. */
  source: "port" | "match";
  match: MatchChoice;
  vm: string;
  /** Index of the vNIC; empty until chosen. */
  vnic: string;
  direction: TapRow["direction"];
  filter: string;
  /** One conversation in so many; empty: every conversation. */
  oneIn: string;
  /** As in the browser's field, in local time; empty: never. */
  ends: string;
}

/** Nothing filled in. */
export const NO_CHOICE: TapChoice = {
  name: undefined,
  service: "",
  monitor: NO_MONITOR,
  source: "port",
  match: NO_MATCH,
  vm: "",
  vnic: "",
  direction: "both",
  filter: "",
  oneIn: "",
  ends: "",
};

/** A name that no tap or service of this program has: the VM's name, with a number if it is taken. */
export function proposedName(vm: string | undefined, taken: ReadonlySet<string>): string {
  if (vm === undefined) return "";
  const letters = vm
    .replace(/[^A-Za-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40);
  const base = /^[A-Za-z]/.test(letters) ? letters : ["tap", letters].filter(Boolean).join("-");
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** The time that the field says, as a person writes it: local, with its zone. Undefined where it says none that can be read. */
export function untilOf(ends: string): string | undefined {
  const time = new Date(ends);
  if (ends === "" || Number.isNaN(time.getTime())) return undefined;
  const east = -time.getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(east) / 60), Math.abs(east) % 60].map(two);
  return `${ends.slice(0, 16)}:00${east < 0 ? "-" : "+"}${hours}:${minutes}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

/** A time a number of hours later, in the format of the browser's field: local, to the minute. */
export function endsAfter(hours: number, now: number): string {
  const time = new Date(now + hours * 3_600_000);
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day}T${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** The sample that is asked for; undefined: every conversation is copied. */
export function samplingOf(oneIn: string): { oneIn: number } | undefined {
  const number = Number(oneIn);
  return Number.isInteger(number) && number > 1 ? { oneIn: number } : undefined;
}

/** The edit that the fields describe; undefined until they are complete. */
export function editOf(
  choice: TapChoice,
  name: string,
  vm: PlacedVm | undefined,
  vnic: Vnic | undefined,
  vms: readonly PlacedVm[],
): Edit | undefined {
  const service = serviceOf(choice, vms);
  if (service === undefined) return undefined;
  const [until, sampling] = [untilOf(choice.ends), samplingOf(choice.oneIn)];
  // A tap that was to end is not created without an end.
  if (choice.ends !== "" && until === undefined) return undefined;
  const tapping = {
    ...{ name, service, direction: choice.direction },
    ...(choice.filter.trim() === "" ? {} : { filter: choice.filter.trim() }),
    ...(sampling === undefined ? {} : { sampling }),
    ...(until === undefined ? {} : { until }),
  };
  if (choice.source === "port") {
    if (vm === undefined || vnic === undefined) return undefined;
    return { kind: "createTap", host: vm.host, port: vnic.ref, ...tapping };
  }
  const { hosts } = choice.match;
  const ports = selectorOf(choice.match);
  if (ports === undefined || hosts.length === 0) return undefined;
  return { kind: "createGroup", hosts: [...hosts], ports, ...tapping };
}

type Service = Extract<Edit, { kind: "createTap" }>["service"];

/** The selected service, or the new one; undefined until it is complete. */
function serviceOf(choice: TapChoice, vms: readonly PlacedVm[]): Service | undefined {
  if (choice.service !== NEW_SERVICE) return choice.service === "" ? undefined : { id: choice.service };
  const monitor = monitorOf(choice.monitor, vms);
  return monitor && { create: { name: choice.monitor.name, ...monitor } };
}
