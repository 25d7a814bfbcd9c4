/** The key type of a signature algorithm: three algorithms sign with an `ssh-rsa` key (RFC 8332). */
export function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith("rsa-sha2-") ? "ssh-rsa" : algorithm;
}

/**
 * Moves algorithms of known key types to the front, so that a server with several keys shows one that can be compared.
 */
export function preferKnown(algorithms: readonly string[], knownTypes: readonly string[]): string[] {
  const known = (name: string) => knownTypes.includes(keyTypeOf(name));
  return [...algorithms.filter(known), ...algorithms.filter((name) => !known(name))];
}
