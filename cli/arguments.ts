import { parseArgs } from "node:util";
import { type ConnectionOptions, connectionOptions } from "../provider/schema/host";
import { wording } from "../provider/schema/reasons";

export const USAGE = `Usage: pulumi-taas claims list   [--hosts <file>] [--host <host> ...] [options]
       pulumi-taas claims remove [--hosts <file>] [--host <host> ...] --owner <owner> | --stack <org/project/stack> [options]

Lists the claims that hosts have, with who wrote them and when, or removes claims whose stack is gone. Hosts do not know
which stacks still exist: compare the list with "pulumi stack ls". A claim that a killed run left is shown as pending. A claim
is one-sided if its other end is on a listed host and has no claim there.

  --hosts <file>          the inventory, in JSON: an object of hosts by name, as the stack configuration's taas:hosts
  --host <host>           a name of the inventory, an ssh_config alias, a DNS name or an address; repeat for more.
                          Default: all hosts of the inventory
  --owner <owner>         remove: the claim of this owner, as list prints it; repeat for more
  --stack <stack>         remove: all claims of this stack; repeat for more
  --yes                   remove: do not ask first; required where there is no terminal
  --dry-run               remove: only print what would be removed
  --json                  print the claims as JSON
  --help                  print this text

How the hosts are reached, all of them, whatever the inventory says:

  --ssh-config <file>     an ssh_config file instead of your own (or environment TAAS_SSH_CONFIG)
  --port <number>         --user <name>         --identity-file <path>
  --host-key <key>        --proxy-jump <host>
  --transport <way>       ssh2 (default), or openssh: the machine's own client, for ProxyCommand, certificates, hardware keys
  --sudo <when>           auto (default): if the login user may not use Open vSwitch; always, or never
  --tap-bridge <name>     default br-tap

Examples:

  pulumi-taas claims list --hosts hosts.json
  pulumi-taas claims remove --hosts hosts.json --stack acme/taps/old --dry-run

Exit code: 0 done; 1 done, but for the hosts or claims that the errors name; 2 nothing could be done.
`;

/** What the command line asks for: the usage, or something done with claims. */
export type Wanted = "help" | Arguments;

/** What is to be done with the claims of which hosts. */
export interface Arguments {
  command: "list" | "remove";
  /** Names of hosts; none: the whole inventory. */
  hosts: string[];
  /** Path of the inventory. */
  hostsFile: string | undefined;
  owners: string[];
  stacks: string[];
  /** Whether `remove` removes, and whether it asks first. */
  consent: "ask" | "given" | "dry-run";
  sshConfig: string | undefined;
  /** What overrides the inventory, on each host. */
  connection: ConnectionOptions;
  format: "text" | "json";
}

/** A command line that makes no sense; the message says what is wrong with it. */
export class UsageError extends Error {}

type Values = ReturnType<typeof parse>["values"];

/** Reads the command line. Throws a UsageError. */
export function readArguments(argv: readonly string[]): Wanted {
  const { values, positionals } = parse(argv);
  if (values.help) return "help";
  const [topic, command, ...rest] = positionals;
  if (topic !== "claims" || (command !== "list" && command !== "remove")) {
    throw new UsageError(`there is no command ${JSON.stringify(positionals.join(" "))}`);
  }
  if (rest.length > 0) throw new UsageError(`unexpected ${rest.join(" ")}`);
  if (values.host.length === 0 && values.hosts === undefined) {
    throw new UsageError("name the hosts: --host or --hosts");
  }
  checkChoice(command, values);
  return {
    command,
    hosts: values.host,
    hostsFile: values.hosts,
    owners: values.owner,
    stacks: values.stack,
    consent: values["dry-run"] ? "dry-run" : values.yes ? "given" : "ask",
    sshConfig: values["ssh-config"],
    connection: readConnection(values),
    format: values.json ? "json" : "text",
  };
}

/** What only `remove` has, and must have. */
function checkChoice(command: Arguments["command"], values: Values): void {
  const chosen = values.owner.length + values.stack.length;
  if (command === "remove" && chosen === 0) throw new UsageError("say which claims: --owner or --stack");
  if (command === "list" && (chosen > 0 || values.yes || values["dry-run"])) {
    throw new UsageError("--owner, --stack, --yes and --dry-run are for remove");
  }
}

function readConnection(values: Values): ConnectionOptions {
  const given = {
    port: values.port === undefined ? undefined : Number(values.port),
    user: values.user,
    identityFile: values["identity-file"],
    hostKey: values["host-key"],
    proxyJump: values["proxy-jump"],
    transport: values.transport,
    sudo: values.sudo,
    tapBridge: values["tap-bridge"],
  };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const parsed = connectionOptions.safeParse(present, { error: wording });
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) => `${optionOf(String(path[0]))} ${message}`);
  throw new UsageError(reasons.join("; "));
}

/** The option that sets a field: `identityFile` is `--identity-file`. */
function optionOf(field: string): string {
  return `--${field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        hosts: { type: "string" },
        host: { type: "string", multiple: true, default: [] },
        owner: { type: "string", multiple: true, default: [] },
        stack: { type: "string", multiple: true, default: [] },
        yes: { type: "boolean", short: "y", default: false },
        "dry-run": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        "ssh-config": { type: "string" },
        port: { type: "string" },
        user: { type: "string" },
        "identity-file": { type: "string" },
        "host-key": { type: "string" },
        "proxy-jump": { type: "string" },
        transport: { type: "string" },
        sudo: { type: "string" },
        "tap-bridge": { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
