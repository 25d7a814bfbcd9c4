import type { FoundPort } from "../../../provider/model/findPort";
import type { PortRef } from "../../api/ports";
import type { End } from "../live/ends";
import type { Live } from "../live/live";
import type { ProgramResource, StackIdentity } from "../program/program";
import { invalid } from "../refusal";
import { findPortFor, sees, type Viewer } from "../roles/viewer";

/** What an edit is checked against. */
export interface Ground {
  live: Live;
  identity: StackIdentity;
}

/** Whether a resource of the program is a viewer's to change. Its row has the tenant that a host tells; the program is believed before the host. */
export function isOf(viewer: Viewer, { properties: { tenant }, computed }: ProgramResource): boolean {
  if (computed.includes("tenant")) return true;
  return sees(viewer, { tenant: typeof tenant === "string" ? tenant : undefined });
}

/** A host of the inventory as it was read last. Throws a Refusal of the field `host` where it is none, or does not answer. */
export function answeringHost(host: string, { live }: Ground): End["view"] {
  const view = live.views.find(({ record }) => record.name === host);
  if (view === undefined) throw invalid(`there is no host ${host} in the inventory`, "host");
  if (view.at === undefined)
    throw invalid(`host ${host} has not answered yet`, "host", "Try again in a moment");
  if (view.inspection === undefined || view.error !== undefined)
    throw invalid(`host ${host} does not answer`, "host", "Try again when it is reachable");
  return { ...view, inspection: view.inspection };
}

/** A port that is there, on a host of the inventory, and that the viewer may use. Throws a Refusal of the field `host`, or of `field`. */
export function allowedPort(
  host: string,
  ref: PortRef,
  field: string,
  viewer: Viewer,
  ground: Ground,
): FoundPort {
  const { facts } = answeringHost(host, ground).inspection;
  const found = findPortFor(viewer, facts, "port" in ref ? ref.port : ref);
  if (found === undefined)
    throw invalid(`there is no such port on host ${host}`, field, "Choose one of the list");
  return found;
}
