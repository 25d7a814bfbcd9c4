import { readFile } from "node:fs/promises";
import { type ParsedKey, utils } from "ssh2";
import type { Endpoint } from "../endpoint";
import { keyTypeOf } from "../knownHosts/algorithms";
import { rsaBits } from "../knownHosts/rsa";

/** The keys that a login can try. */
export interface Identities {
  /** Usable private keys, in order. */
  keys: { file: string; key: ParsedKey }[];
  /** Public blobs of all identity files, including those whose private half only an agent can use. */
  publicBlobs: Buffer[];
  /** Why files were skipped, for the message if the login fails. */
  passedOver: string[];
  /** Whether a skipped file is one that the OpenSSH client could use. */
  opensshCould: boolean;
}

/** Reads the identity files of a login. A file that is absent or unusable is not an error: another key may work. */
export async function loadIdentities(endpoint: Endpoint): Promise<Identities> {
  const sources = endpoint.identities;
  const found: Identities = { keys: [], publicBlobs: [], passedOver: [], opensshCould: false };
  for (const file of sources.files) await loadFile(endpoint, file, found);
  for (const file of [...sources.certificateFiles, ...sources.files.map((path) => `${path}-cert.pub`)]) {
    if ((await readOptional(file)) === undefined) continue;
    found.passedOver.push(`the certificate ${file} needs transport "openssh"`);
    found.opensshCould = true;
  }
  return found;
}

/** Why the ssh configuration does not allow a key of the user: `RequiredRSASize`, `PubkeyAcceptedAlgorithms`. */
export function whyNotAllowed(endpoint: Endpoint, key: ParsedKey): string | undefined {
  const bits = rsaBits(key.getPublicSSH());
  if (bits !== undefined && bits < endpoint.requiredRsaSize)
    return `has ${bits} bits, below RequiredRSASize ${endpoint.requiredRsaSize}`;
  const { acceptedAlgorithms } = endpoint.identities;
  const accepted = acceptedAlgorithms?.some((name) => keyTypeOf(name) === key.type) ?? true;
  return accepted ? undefined : `is of type ${key.type}, which PubkeyAcceptedAlgorithms does not include`;
}

async function loadFile(endpoint: Endpoint, file: string, found: Identities): Promise<void> {
  const text = await readOptional(file);
  const companion = await readOptional(`${file}.pub`);
  const publicKey = companion === undefined ? undefined : firstKey(companion);
  if (publicKey !== undefined && !(publicKey instanceof Error))
    found.publicBlobs.push(publicKey.getPublicSSH());
  if (text === undefined) return;
  const key = firstKey(text);
  if (!(key instanceof Error)) {
    found.publicBlobs.push(key.getPublicSSH());
    const why = whyNotAllowed(endpoint, key);
    if (why !== undefined) found.passedOver.push(`${file} ${why}`);
    else if (key.isPrivateKey()) found.keys.push({ file, key });
    return;
  }
  if (/passphrase|encrypted/i.test(key.message)) {
    found.passedOver.push(`${file} is encrypted, and only an agent can use it (ssh-add ${file})`);
  } else {
    found.passedOver.push(`${file} is of a kind that needs transport "openssh" (${key.message})`);
    found.opensshCould = true;
  }
}

function firstKey(text: Buffer): ParsedKey | Error {
  const parsed = utils.parseKey(text);
  return Array.isArray(parsed) ? parsed[0]! : parsed;
}

async function readOptional(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch(() => undefined);
}
