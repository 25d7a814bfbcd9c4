import type { Edit } from "../../../provider/converge/edit";
import type { Claim } from "../../../provider/schema/claim";

/** The edit that writes a claim just as it is. */
export function put(own: Claim): Edit {
  return { owner: own.owner, kind: "put", apply: (claims) => void claims.set(own.owner, own) };
}

/** The edit that deletes a claim, whatever it says by then. */
export function drop(own: Claim): Edit {
  return { owner: own.owner, kind: "delete", apply: (claims) => void claims.delete(own.owner) };
}

/** Lets an operation fail as soon as one of its edits is rejected, with the same error. */
export function refuse(_: Edit, error: unknown): never {
  throw error;
}
