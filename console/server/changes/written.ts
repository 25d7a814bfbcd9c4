import type { FoundPort } from "../../../provider/model/findPort";
import type { PortRef } from "../../api/ports";
import { literal, literals } from "../program/literal";
import type { Viewer } from "../roles/viewer";

/** A port as the program names it. */
export function portOf(ref: PortRef, { port }: FoundPort): unknown {
  return "port" in ref ? literal(port.name) : literals(ref);
}

/** Whose a resource is, and what is said of it. */
export function labels(description: string | undefined, { tenant }: Viewer): Record<string, string> {
  return {
    ...(tenant === undefined ? {} : { tenant: literal(tenant) }),
    ...(description === undefined || description === "" ? {} : { description: literal(description) }),
  };
}
