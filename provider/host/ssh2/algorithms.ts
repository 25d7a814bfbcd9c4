import { TaasError } from "../../errors";
import { type AlgorithmOption, describeEndpoint, type Endpoint } from "../endpoint";

/**
 * The algorithms that the built-in client supports, by OpenSSH's names, for each option of ssh_config(5) that allows
 * them.
 */
const SUPPORTED = {
  HostKeyAlgorithms: [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-rsa",
  ],
  KexAlgorithms: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group1-sha1",
  ],
  Ciphers: [
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
    "chacha20-poly1305@openssh.com",
    "aes128-cbc",
    "aes192-cbc",
    "aes256-cbc",
    "3des-cbc",
  ],
  MACs: [
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha1-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha1",
    "hmac-sha1-96",
    "hmac-md5",
    "hmac-md5-96",
  ],
} as const satisfies Record<AlgorithmOption, readonly string[]>;

/** OpenSSH prefers this cipher, but the client is slow at it without its native part, so it is tried last. */
const SLOW = "chacha20-poly1305@openssh.com";

/**
 * The algorithms of the ssh configuration that the built-in client supports, in the configuration's order of preference
 * except for ChaCha20. Throws `needs-openssh` if none are left.
 */
export function usableAlgorithms(endpoint: Endpoint, option: AlgorithmOption): string[] {
  const allowed = endpoint.algorithms[option];
  const supported: readonly string[] = SUPPORTED[option];
  const usable = allowed.filter((name) => supported.includes(name));
  if (usable.length > 0)
    return [...usable.filter((name) => name !== SLOW), ...usable.filter((name) => name === SLOW)];
  throw new TaasError(
    `for ${describeEndpoint(endpoint)}, the ssh configuration allows only ${option} that the built-in SSH client does not support (${allowed.join(",")})`,
    {
      code: "needs-openssh",
      host: endpoint.name,
      hint: 'Set transport: "openssh" on the host',
    },
  );
}
