import type { Edit } from "../../api/edit";
import { servicesIn, tapsIn } from "../program/declared";
import { addResources, deleteResource } from "../program/edit";
import { ownStack, type Program, programResources, readProgram } from "../program/program";
import { forbidden, notFound, Refusal } from "../refusal";
import { sees, type Viewer } from "../roles/viewer";
import { type Ground, isOf } from "./ground";
import { newService } from "./newService";
import { withGroup, withTap } from "./newTaps";

/** An edit's effect on the program's text, and the edit in words. */
export interface Edited {
  text: string;
  what: string;
}

/**
 * Applies an edit to the program's text. Throws Refusals: for resources that do not exist or are not the viewer's (with
 * the same answer), for ports that a tenant may not use, and for anything the program cannot contain.
 */
export function applyEdit(edit: Edit, text: string, viewer: Viewer, ground: Ground): Edited {
  const program = readProgram(text);
  switch (edit.kind) {
    case "apply":
      return { text, what: "apply the program" };
    case "deleteTap":
      return deleted(edit.id, "tap", program, viewer, ground);
    case "deleteService":
      return deleted(edit.id, "service", program, viewer, ground);
    case "createService":
      return {
        text: addResources(program, newService(edit.name, edit, edit.description, viewer, ground)),
        what: `create service ${edit.name}`,
      };
    case "createTap":
      return { text: withTap(edit, program, viewer, ground), what: `create tap ${edit.name}` };
    case "createGroup":
      return { text: withGroup(edit, program, viewer, ground), what: whatOf(edit) };
  }
}

function whatOf({ name, hosts }: Extract<Edit, { kind: "createGroup" }>): string {
  const { size } = new Set(hosts);
  return size === 1 ? `create tap ${name}` : `create taps ${name} on ${size} hosts`;
}

function deleted(
  id: string,
  what: "tap" | "service",
  program: Program,
  viewer: Viewer,
  ground: Ground,
): Edited {
  const { taps, services } = ground.live.all;
  const row = [...(what === "tap" ? taps : services)].find((candidate) => candidate.id === id);
  if (row === undefined || !sees(viewer, row)) throw notFound(what);
  const resources = programResources(program, ground.identity);
  const declared = what === "tap" ? tapsIn(resources) : servicesIn(resources);
  const resource = declared.of(row.owner);
  if (resource !== undefined && !isOf(viewer, resource)) throw notFound(what);
  const stack = ownStack(program, ground.identity);
  if (declared.lacks(row, stack))
    throw forbidden(
      `${what} ${row.name} is no longer in the program`,
      "The next run deletes it: preview the program in Changes, and confirm it",
    );
  if (resource === undefined && row.stack === stack)
    throw forbidden(
      `${what} ${row.name} cannot be told from others in the program, or a component creates it`,
      "Delete it in the program itself",
    );
  if (resource === undefined)
    throw forbidden(
      `${what} ${row.name} is not in this program: it belongs to the stack ${row.stack}`,
      "Delete it there, or take it over first",
    );
  return { text: deletedFor(viewer, program, resource.key), what: `delete ${what} ${row.name}` };
}

/** A tenant may not learn where else the program refers to a resource. */
function deletedFor(viewer: Viewer, program: Program, key: string): string {
  try {
    return deleteResource(program, key);
  } catch (error) {
    if (viewer.role !== "tenant" || !(error instanceof Refusal) || error.body.code !== "in-use") throw error;
    throw new Refusal(409, { ...error.body, message: `other parts of the program use ${key}` });
  }
}
