import { hasEnded } from "../../../provider/model/ended";
import { goneText } from "../../../provider/resource/status";
import type { ProgramResource } from "../program/program";
import type { HostView } from "./hostWatch";
import type { Known } from "./known";
import { type Judged, unreachable } from "./state";
import { written } from "./written";

/**
 * The state of a tap or service of the program that no host has, as far as hosts have been read. Only if each host that
 * may have it has been read, it is not on any host yet. On hosts that are declared gone there is nothing.
 */
export function savedState(
  { properties }: Pick<ProgramResource, "properties">,
  { views, ends }: Pick<Known, "views" | "ends">,
): Judged {
  const { until, collector } = properties;
  if (typeof until === "string" && hasEnded({ until }, Date.now())) return { state: "ended" };
  const places = placesOf(properties);
  const goneAt = (place: string) =>
    ends.gone.find(({ name, address }) => name === place || address === place);
  const gone = (places ?? []).flatMap((place) => goneAt(place) ?? []);
  const present = (places ?? []).filter((place) => goneAt(place) === undefined);
  if (gone.length > 0 && present.length === 0) return { state: "lost", reason: goneText(gone) };
  for (const place of present) {
    const unread = unreadAt(viewAt(place, views));
    if (unread !== undefined) return unread;
  }
  const unread = places === undefined ? views.find(isUnread) : undefined;
  if (unread !== undefined)
    return { state: "unknown", reason: `host ${unread.record.name} may have it, and has not been read` };
  const reason =
    collector === undefined
      ? "it is in the program, but not on any host yet"
      : "no tap feeds it, and a collector is only on hosts through its taps";
  return { state: "saved", reason };
}

/** The hosts of a tap or service of the program, on one line. */
export function savedHost({ host, hosts }: Readonly<Record<string, unknown>>): string {
  return Array.isArray(hosts) ? hosts.map(written).join(", ") : written(host ?? hosts);
}

/** The host or the candidates, by name or address; undefined where the program does not say one, as for a collector. */
function placesOf({ host, hosts }: Readonly<Record<string, unknown>>): string[] | undefined {
  const places = (Array.isArray(hosts) ? hosts : [host]).map(
    (place) => (place as { address?: unknown } | null | undefined)?.address ?? place,
  );
  const isSaid = (place: unknown): place is string => typeof place === "string" && !place.includes("${");
  return places.every(isSaid) ? places : undefined;
}

function viewAt(place: string, views: readonly HostView[]): HostView | undefined {
  const found = views.filter(({ record: { name, address } }) => name === place || address === place);
  return found.find((view) => !isUnread(view)) ?? found[0];
}

function isUnread({ inspection, error }: HostView): boolean {
  return inspection === undefined || error !== undefined;
}

/** What is known of what is on a host; undefined where the host has been read. */
function unreadAt(view: HostView | undefined): Judged | undefined {
  if (view === undefined)
    return { state: "unknown", reason: "its host is not in the inventory that the console started with" };
  if (view.error !== undefined) return unreachable(view);
  if (view.inspection !== undefined) return undefined;
  return { state: "unknown", reason: `host ${view.record.name} has not answered yet` };
}
