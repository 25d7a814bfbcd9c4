import { TaasError } from "../../errors";
import { describeEndpoint, type Endpoint } from "../endpoint";
import { unreachable } from "../failures";
import { unknownKey } from "../knownHosts/refusal";

/** The error for the output of an `ssh` that could not connect. */
export function explainSsh(endpoint: Endpoint, stderr: string): TaasError {
  const where = describeEndpoint(endpoint);
  const host = endpoint.name;
  const why = telling(stderr);
  const cause = new Error(stderr.trim());
  if (/REVOKED HOST KEY|is marked as revoked|revoked key|revoked by file/i.test(stderr)) {
    const hint = "Give the host a new key; a revoked key is never accepted";
    const file = /revoked by file (.+)/.exec(stderr)?.[1]?.trim();
    return new TaasError(
      `${where} shows a revoked host key${file === undefined ? "" : `, listed in ${file}`}`,
      {
        code: "host-key-revoked",
        host,
        hint,
        cause,
      },
    );
  }
  if (/IDENTIFICATION HAS CHANGED|host key .* (?:has changed|differs)/i.test(stderr)) {
    const shown = /SHA256:[A-Za-z0-9+/]+/.exec(stderr)?.[0];
    const offending = /Offending \S+ key in (\S+)/.exec(stderr)?.[1];
    return new TaasError(
      `the host key of ${where} has changed${shown === undefined ? "" : `: it shows ${shown}`}${offending === undefined ? "" : `, other than ${offending} says`}`,
      {
        code: "host-key-changed",
        host,
        hint: "Somebody may be intercepting the connection. If the machine really has a new key, replace the old one",
        cause,
      },
    );
  }
  const unknown = /No (\S+) host key is known for/.exec(stderr)?.[1];
  if (unknown !== undefined || /Host key verification failed/i.test(stderr)) {
    return unknownKey(endpoint, unknown ?? "not in known_hosts", []);
  }
  if (/permission denied|too many authentication failures/i.test(stderr)) {
    return new TaasError(`the login as ${where} was refused: ${why}`, {
      code: "auth-failed",
      host,
      hint: loginHint(endpoint, stderr),
      cause,
    });
  }
  return unreachable({ name: host, where }, why, hintFor(stderr), cause);
}

/**
 * The last line of `ssh` lists the methods that the server would still accept. If no key is among them, either a key
 * has been accepted, or the server accepts none.
 */
function loginHint({ user }: Endpoint, stderr: string): string {
  const wanted = /Permission denied \(([^)]*)\)/i.exec(stderr)?.[1]?.split(",") ?? ["publickey"];
  return wanted.includes("publickey")
    ? `Put the public key into ${user}'s authorized_keys there, or name another user or identityFile`
    : `The server wants ${wanted.join(" or ")} instead of or in addition to a key, and there is nobody to answer: set AuthenticationMethods publickey for ${user} in its sshd_config, or name another user`;
}

/** Whether `ssh` met a server that drops connections before the handshake (MaxStartups), which may be temporary. */
export function isDropped(error: unknown): boolean {
  if (!(error instanceof TaasError) || error.code !== "unreachable") return false;
  const lines = linesOf(String((error.cause as Error).message));
  return lines.length > 0 && lines.every((line) => CONSEQUENCE.test(line));
}

/** Lines that `ssh` writes whenever the stream to the server ends, whatever the cause. */
const CONSEQUENCE = /kex_exchange_identification|banner exchange|^Connection (?:reset|closed) by/i;

/** The line that best explains the failure: the last one that is not merely a consequence of another. */
function telling(stderr: string): string {
  const lines = linesOf(stderr);
  const line = lines.findLast((text) => !CONSEQUENCE.test(text) && !/stdio forwarding failed/.test(text));
  if (line === undefined && /stdio forwarding failed/.test(stderr))
    return "the jump host cannot connect to it";
  return (line ?? lines[0] ?? "ssh gave no reason").replace(/\.+$/, "");
}

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function hintFor(stderr: string): string {
  if (/resolve hostname/i.test(stderr))
    return "Check the address, or set HostName for it in the ssh configuration";
  if (/refused/i.test(stderr)) return "Check that sshd runs there, and the port";
  return "Check the network between this machine and the host, its firewall and sshd";
}
