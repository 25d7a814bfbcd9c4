import { existsSync } from "node:fs";
import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, ParsedKey } from "ssh2";
import { TaasError } from "../../errors";
import { describeEndpoint, type Endpoint } from "../endpoint";
import { SelectiveAgent } from "./agent";
import { loadIdentities, whyNotAllowed } from "./identities";

/** One login: its methods in order, and their outcome. */
export interface Login {
  handler: AuthHandlerMiddleware;
  /** Records a failure that does not end the login, such as an agent that does not answer. */
  note(text: string): void;
  /** The error if the server accepted none of them. */
  failure(cause: unknown): TaasError;
}

/**
 * Prepares a login in OpenSSH's order: the key that the program names, then the agent (keys of the identity files
 * first), then the other identity files. Never a password.
 */
export async function prepareLogin(endpoint: Endpoint): Promise<Login> {
  const { user, identities: sources } = endpoint;
  const identities = await loadIdentities(endpoint);
  const agent =
    sources.agent === undefined || !existsSync(sources.agent)
      ? undefined
      : new SelectiveAgent(
          sources.agent,
          identities.publicBlobs,
          sources.identitiesOnly ? "hold back" : "offer",
          (key) => whyNotAllowed(endpoint, key) === undefined,
        );
  const keys = identities.keys.map(({ file, key }) => ({ file, method: publicKeyMethod(user, key) }));
  const isExplicit = ({ file }: { file: string }) => file === sources.explicitFile;
  const methods: AnyAuthMethod[] = [
    { type: "none", username: user },
    ...keys.filter(isExplicit).map(({ method }) => method),
    ...(agent === undefined ? [] : [{ type: "agent" as const, username: user, agent }]),
    ...keys.filter((key) => !isExplicit(key)).map(({ method }) => method),
  ];
  const notes = [...identities.passedOver];
  let accepted: AuthenticationType[] | undefined;
  let besides = false;
  return {
    handler(methodsLeft, partialSuccess, next) {
      accepted = methodsLeft ?? accepted;
      besides ||= partialSuccess === true;
      const possible = accepted === undefined || accepted.includes("publickey");
      const method = possible ? methods.shift() : undefined;
      next(method ?? NO_MORE);
    },
    note: (text) => notes.push(text),
    failure(cause) {
      if (besides) return wantsMore(endpoint, accepted ?? [], cause);
      const tried = [...(agent === undefined ? [] : [describeAgent(agent)]), ...keys.map(({ file }) => file)];
      const parts = [
        tried.length === 0 ? "there was no usable key" : `tried: ${tried.join(", ")}`,
        ...notes,
        ...(accepted === undefined || accepted.includes("publickey")
          ? []
          : [`the server accepts only ${accepted.join(", ")}`]),
      ];
      return new TaasError(`the login as ${describeEndpoint(endpoint)} was refused (${parts.join("; ")})`, {
        code: "auth-failed",
        host: endpoint.name,
        hint: `Put the public key into ${user}'s authorized_keys there, or name another user or identityFile${
          identities.opensshCould ? '; certificates and hardware keys need transport: "openssh"' : ""
        }`,
        cause,
      });
    },
  };
}

/** The error for a server that accepted a key and requires more than keys (`AuthenticationMethods` of sshd_config). */
function wantsMore(endpoint: Endpoint, wanted: readonly string[], cause: unknown): TaasError {
  return new TaasError(
    `the login as ${describeEndpoint(endpoint)} was refused: the server accepted the key and also requires ${wanted.join(" or ")}`,
    {
      code: "auth-failed",
      host: endpoint.name,
      hint: `There is nobody to answer a question: set AuthenticationMethods publickey for ${endpoint.user} in its sshd_config, or name another user`,
      cause,
    },
  );
}

/** Ends the login (ssh2 documents `false`, which its types lack). */
const NO_MORE = false as never;

function publicKeyMethod(username: string, key: ParsedKey): AnyAuthMethod {
  return { type: "publickey", username, key };
}

function describeAgent(agent: SelectiveAgent): string {
  return agent.offered === undefined ? "the agent" : `the agent (${agent.offered} keys)`;
}
