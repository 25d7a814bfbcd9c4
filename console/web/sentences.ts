import type { Edit } from "../api/edit";
import type { PortConditions, PortSelector } from "../api/ports";
import type { ServiceRow, TapRow } from "../api/rows";
import { plain } from "./plain";
import { counted } from "./words";

const COPIED: Readonly<Record<TapRow["direction"], string>> = {
  ingress: "receives",
  egress: "sends",
  both: "sends and receives",
};

const TIME = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const LIST = new Intl.ListFormat("en", { type: "conjunction" });

/** What a new tap will do, as far as its fields are filled in. */
export function createSentence(chosen: {
  source: string;
  direction: TapRow["direction"];
  filter: string;
  /** One conversation in so many; undefined: every conversation. */
  oneIn: number | undefined;
  service: string | undefined;
  /** As the browser's field has it; empty: never. */
  ends: string;
}): string {
  const { source, direction, filter, oneIn, service, ends } = chosen;
  const to = service === undefined ? "the monitor" : plain(service, 80);
  const what = `${filter === "" ? "all" : "the"} frames that ${plain(source, 400)} ${COPIED[direction]}`;
  const matched = filter === "" ? "" : ` and that match “${plain(filter, 120)}”`;
  const sample = oneIn === undefined ? "" : `, of one conversation in ${oneIn}`;
  return `Copies to ${to} ${what}${matched}${sample}, ${endSentence(ends)}. Production traffic is not touched.`;
}

function endSentence(ends: string): string {
  if (ends === "") return "until the tap is deleted";
  const time = Date.parse(ends);
  return Number.isNaN(time) ? "until a time that cannot be read" : `until ${TIME.format(time)}`;
}

/** The ports that a selector matches, in words. */
export function portsSentence(selector: PortSelector | undefined, hosts: readonly string[]): string {
  const where =
    hosts.length === 0 ? "the hosts" : hosts.length > 3 ? `${hosts.length} hosts` : LIST.format(hosts);
  if (selector === undefined) return `every port on ${where} that matches`;
  const { except = [], ...conditions } = selector;
  const meets = conditionTexts(conditions);
  const but = except.map((one) => (typeof one === "string" ? one : exclusionText(one)));
  return [
    `every port on ${where}`,
    ...(meets.length === 0 ? [] : [LIST.format(meets)]),
    ...(but.length === 0 ? [] : [`but not ${LIST.format(but)}`]),
  ].join(" ");
}

function conditionTexts({ network, vlan, vm, name, externalIds = {} }: PortConditions): string[] {
  return [
    ...(name === undefined || name === "*" ? [] : [`named like ${name}`]),
    ...(network === undefined ? [] : [`in the network ${network}`]),
    ...(vlan === undefined ? [] : [`of VLAN ${vlan}`]),
    ...(vm === undefined ? [] : [`of the VM ${vm}`]),
    ...Object.entries(externalIds).map(([key, value]) =>
      value === "*" ? `with any ${key}` : `with ${key}=${value}`,
    ),
  ];
}

function exclusionText(one: Exclude<NonNullable<PortSelector["except"]>[number], string>): string {
  if ("ifaceId" in one) return one.ifaceId;
  if ("mac" in one) return one.mac;
  if ("vmUuid" in one) return one.vmUuid;
  return `those ${LIST.format(conditionTexts(one))}`;
}

/** What happens when a tap is deleted. */
export function deleteSentence(tap: TapRow): string {
  return `Delete shows first what would be removed. Then ${plain(tap.service, 80)} gets no more copies of ${plain(tap.port, 80)}.`;
}

/** What happens when a service is deleted. */
export function deleteServiceSentence(service: ServiceRow): string {
  if (service.taps > 0)
    return `${counted(service.taps, "tap")} still ${service.taps === 1 ? "feeds" : "feed"} it: delete these first.`;
  return service.kind === "port"
    ? "Its port goes back to the integration bridge."
    : "Nothing is sent to it any more.";
}

/** What an edit is called, from the point of view of who asked for it. */
export function titleOf(edit: Edit, nameOf: (id: string) => string | undefined): string {
  switch (edit.kind) {
    case "createTap":
      return `Create the tap ${edit.name}`;
    case "createGroup":
      return edit.hosts.length === 1
        ? `Create the tap ${edit.name}`
        : `Create the taps ${edit.name} on ${edit.hosts.length} hosts`;
    case "createService":
      return `Create the service ${edit.name}`;
    case "deleteTap":
      return `Delete the tap ${nameOf(edit.id) ?? edit.id}`;
    case "deleteService":
      return `Delete the service ${nameOf(edit.id) ?? edit.id}`;
    case "apply":
      return "Bring the hosts to what the program says";
  }
}
