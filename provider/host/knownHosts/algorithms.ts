/** The host key algorithms the ssh2 transport can verify, in OpenSSH's order of preference. */
const SUPPORTED = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
  "ssh-rsa",
];

/** What a signature algorithm's keys are called: three algorithms sign with an `ssh-rsa` key (RFC 8332). */
export function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith("rsa-sha2-") ? "ssh-rsa" : algorithm;
}

/** The configured algorithms (all but SHA-1 where none of them is usable) that the ssh2 transport can verify. */
export function usableAlgorithms(configured: readonly string[]): string[] {
  const usable = configured.filter((name) => SUPPORTED.includes(name));
  return usable.length > 0 ? usable : SUPPORTED.filter((name) => name !== "ssh-rsa");
}

/** Puts algorithms of known key types first: a server with several keys then shows the one that can be compared. */
export function preferKnown(algorithms: readonly string[], knownTypes: readonly string[]): string[] {
  const known = (name: string) => knownTypes.includes(keyTypeOf(name));
  return [...algorithms.filter(known), ...algorithms.filter((name) => !known(name))];
}
