import { parseArgs } from "node:util";
import type { HostRecord } from "../host/host";

export const USAGE = `Usage: pulumi-taas claims list   --host <host> ... [options]
       pulumi-taas claims remove --host <host> ... --owner <owner> | --stack <org/project/stack> [options]

Lists the claims that hosts have, with who wrote them and when, or removes claims whose stack is gone. Hosts do not know
which stacks still exist: compare the list with "pulumi stack ls". A claim that a killed run left is shown as pending, one
whose other end is on a listed host and has no claim there as one-sided.

  --host <host>         an ssh_config alias, DNS name or address; repeat for more
  --owner <owner>       remove: the claim of this owner, as list prints it; repeat for more
  --stack <stack>       remove: all claims of this stack
  --ssh-config <file>   an ssh_config file instead of your own (or environment TAAS_SSH_CONFIG)
  --tap-bridge <name>   default br-tap
  --user <name>         login user
  --transport <way>     ssh2 (default), or openssh: the machine's own client, for ProxyCommand, certificates, hardware keys
  --sudo <when>         auto (default): where the login user may not use Open vSwitch; always, or never
  --json                list: the claims as JSON
  --help                this text

Exit code: 0 done; 1 something failed, or a host could not be reached; 2 the command line makes no sense.
`;

/** What the command line asks for: the usage, or something done with claims. */
export type Wanted = "help" | Arguments;

/** What is to be done with the claims of which hosts. */
export interface Arguments {
  command: "list" | "remove";
  hosts: string[];
  owners: string[];
  stacks: string[];
  sshConfig: string | undefined;
  tapBridge: string | undefined;
  user: string | undefined;
  transport: HostRecord["transport"];
  sudo: HostRecord["sudo"];
  format: "text" | "json";
}

/** A command line that makes no sense; the message says what is wrong with it. */
export class UsageError extends Error {}

/** Reads the command line. Throws a UsageError. */
export function readArguments(argv: readonly string[]): Wanted {
  const { values, positionals } = parse(argv);
  if (values.help) return "help";
  const [topic, command, ...rest] = positionals;
  if (topic !== "claims" || (command !== "list" && command !== "remove")) {
    throw new UsageError(`there is no command ${JSON.stringify(positionals.join(" "))}`);
  }
  if (rest.length > 0) throw new UsageError(`unexpected ${rest.join(" ")}`);
  if (values.host.length === 0) throw new UsageError("give at least one --host");
  const chosen = values.owner.length + values.stack.length;
  if (command === "remove" && chosen === 0) throw new UsageError("say which claims: --owner or --stack");
  if (command === "list" && chosen > 0) throw new UsageError("--owner and --stack are for remove");
  return {
    command,
    hosts: values.host,
    owners: values.owner,
    stacks: values.stack,
    sshConfig: values["ssh-config"],
    tapBridge: values["tap-bridge"],
    user: values.user,
    transport: oneOf(["ssh2", "openssh"], "--transport", values.transport),
    sudo: oneOf(["auto", "always", "never"], "--sudo", values.sudo),
    format: values.json ? "json" : "text",
  };
}

function oneOf<T extends string>(choices: readonly T[], option: string, given: string | undefined) {
  const chosen = choices.find((choice) => choice === given);
  if (chosen === undefined && given !== undefined) {
    throw new UsageError(`${option} is ${choices.join(" or ")}, not ${JSON.stringify(given)}`);
  }
  return chosen;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        host: { type: "string", multiple: true, default: [] },
        owner: { type: "string", multiple: true, default: [] },
        stack: { type: "string", multiple: true, default: [] },
        "ssh-config": { type: "string" },
        "tap-bridge": { type: "string" },
        user: { type: "string" },
        transport: { type: "string" },
        sudo: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
