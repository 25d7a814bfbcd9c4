import { digest } from "../../../provider/model/identity";

/**
 * The id of a tap or service in the console's addresses: always the same for an owner key, and nothing that a path
 * could be built from.
 */
export function idOf(owner: string): string {
  return digest(16, "console", owner);
}

/** The name of a resource in its program: the last part of its owner key. */
export function nameOf(owner: string): string {
  const last = owner.split("/").at(-1)!;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
