import { createHash } from "node:crypto";

/** The fingerprint of a key's blob as `ssh-keygen -l` prints it: `SHA256:` and base64 without padding. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}
