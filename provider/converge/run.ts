import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";

/** Identifies this run of the provider process; a pending claim of another run of the same stack is a leftover. */
export const RUN = randomBytes(8).toString("hex");

/** A fresh incarnation token. */
export function drawToken(): string {
  return randomBytes(8).toString("hex");
}

/** Who writes claims, as people would ask for: user@machine. */
export function writer(): string {
  let user = "unknown";
  try {
    user = userInfo().username;
  } catch {
    // a uid without a passwd entry, as in containers
  }
  return `${user}@${hostname()}`.slice(0, 256);
}

/** The stack part of an owner key: `org/project/stack`. */
export function stackOf(owner: string): string {
  return owner.split("/").slice(0, 3).join("/");
}
