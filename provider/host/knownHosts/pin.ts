import { TaasError } from "../../errors";
import { fingerprint } from "./fingerprint";
import { type HostKey, parseHostKey } from "./parse";

/** A host key given in the program: the key itself, or its fingerprint. */
export type Pin = { kind: "key"; key: HostKey } | { kind: "fingerprint"; fingerprint: string };

/** Parses `hostKey`: `<type> <base64> [comment]` as in a `.pub` file, or `SHA256:<base64>`. Throws `invalid-host`. */
export function parsePin(text: string, host: string): Pin {
  const words = text.trim().split(/\s+/);
  const [first, encoded] = words;
  if (words.length === 1 && /^SHA256:[A-Za-z0-9+/]{43}=?$/.test(first!)) {
    return { kind: "fingerprint", fingerprint: first!.replace(/=$/, "") };
  }
  const key = encoded === undefined ? undefined : parseHostKey(first!, encoded);
  if (key !== undefined) return { kind: "key", key };
  throw new TaasError(`hostKey ${JSON.stringify(text)} is neither a public key nor a SHA256 fingerprint`, {
    code: "invalid-host",
    host,
    hint: 'Write it as "ssh-ed25519 AAAA..." (a .pub file of the host) or "SHA256:..." (ssh-keygen -l)',
  });
}

/** Whether a server's key is the pinned one. */
export function matchesPin(pin: Pin, blob: Buffer): boolean {
  return pin.kind === "key" ? pin.key.blob.equals(blob) : pin.fingerprint === fingerprint(blob);
}
