import type { Edit, TapRow, Vnic } from "../api";
import { type MonitorChoice, monitorOf, NO_MONITOR } from "./monitorChoice";
import type { PlacedVm } from "./placedVm";

/** The value of the service list's last entry: make one. */
export const NEW_SERVICE = "new";

/** What has been filled in for a new tap. */
export interface TapChoice {
  /** Undefined until it is typed: then one is proposed. */
  name: string | undefined;
  service: string;
  monitor: MonitorChoice;
  vm: string;
  /** Index of the vNIC; empty until chosen. */
  vnic: string;
  direction: TapRow["direction"];
  filter: string;
  /** As the browser's field has it, in local time; empty: never. */
  ends: string;
}

/** Nothing filled in. */
export const NO_CHOICE: TapChoice = {
  name: undefined,
  service: "",
  monitor: NO_MONITOR,
  vm: "",
  vnic: "",
  direction: "both",
  filter: "",
  ends: "",
};

/** A name that no tap or service of this program has: the VM's, and a number if that one is taken. */
export function proposedName(vm: string | undefined, taken: ReadonlySet<string>): string {
  if (vm === undefined) return "";
  const base =
    vm
      .replace(/[^A-Za-z0-9-]+/g, "-")
      .replace(/^-+|-+$/g, "")
      .slice(0, 40) || "tap";
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/** The time that the field says, with its zone. */
export function untilOf(ends: string): string | undefined {
  const time = new Date(ends);
  return ends === "" || Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** So many hours from a time, as the browser's field wants it: local, to the minute. */
export function endsAfter(hours: number, now: number): string {
  const time = new Date(now + hours * 3_600_000);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day}T${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** The edit that the choice asks for; undefined while it is not complete. */
export function editOf(
  choice: TapChoice,
  name: string,
  vm: PlacedVm | undefined,
  vnic: Vnic | undefined,
  vms: readonly PlacedVm[],
): Edit | undefined {
  const service = serviceOf(choice, vms);
  if (vm === undefined || vnic === undefined || service === undefined) return undefined;
  const until = untilOf(choice.ends);
  return {
    kind: "createTap",
    name,
    service,
    host: vm.host,
    port: vnic.ref,
    direction: choice.direction,
    ...(choice.filter.trim() === "" ? {} : { filter: choice.filter.trim() }),
    ...(until === undefined ? {} : { until }),
  };
}

type Service = Extract<Edit, { kind: "createTap" }>["service"];

/** The service that is chosen, or the new one; undefined while it is not complete. */
function serviceOf(choice: TapChoice, vms: readonly PlacedVm[]): Service | undefined {
  if (choice.service !== NEW_SERVICE) return choice.service === "" ? undefined : { id: choice.service };
  const monitor = monitorOf(choice.monitor, vms);
  return monitor && { create: { name: choice.monitor.name, ...monitor } };
}
