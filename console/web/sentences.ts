import type { Edit, ServiceRow, TapRow } from "../api";
import { plain } from "./plain";
import { counted } from "./words";

const COPIED: Readonly<Record<TapRow["direction"], string>> = {
  ingress: "gets",
  egress: "sends",
  both: "sends and gets",
};

/** What a new tap will do, as far as it has been chosen. */
export function createSentence(chosen: {
  source: string | undefined;
  direction: TapRow["direction"];
  filter: string;
  service: string | undefined;
  until: string | undefined;
}): string {
  const { source, direction, filter, service, until } = chosen;
  const what = filter === "" ? "all" : `of “${plain(filter, 120)}” all`;
  const from = source === undefined ? "the VM" : plain(source, 80);
  const to = service === undefined ? "the monitor" : plain(service, 80);
  const end = until === undefined ? "until the tap is deleted" : `until ${until}`;
  return `Copies ${what} that ${from} ${COPIED[direction]} to ${to}, ${end}. Production traffic is not touched.`;
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
