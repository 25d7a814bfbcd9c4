import { access, constants } from "node:fs/promises";
import { resolve } from "node:path";
import { TaasError } from "../errors";
import { checkAddress, checkWord } from "./address";
import {
  type EffectiveConfig,
  expandHome,
  expandPath,
  expandTokens,
  parseEffectiveConfig,
  single,
  splitPaths,
} from "./effectiveConfig";
import { ALGORITHM_OPTIONS, type Endpoint } from "./endpoint";
import type { ConnectionSettings, HostRecord } from "./host";
import { parseJumpChain } from "./jump";
import { askSsh } from "./sshQuestions";

/** The part of a record that says where its SSH server is. */
type Target = Pick<
  HostRecord,
  "name" | "address" | "port" | "user" | "identityFile" | "hostKey" | "proxyJump"
>;

const MAX_HOPS = 8;

/**
 * Commands that decide where a connection leads or which key is right. They may use the alias (`%n`), and so differ
 * between names.
 */
const COMMANDS = ["proxycommand", "knownhostscommand"];

/**
 * Asks OpenSSH (`ssh -G`) how it would connect: host name, port, user, keys, agent, jump hosts, known_hosts files. The
 * fields of the record are passed as options, so that OpenSSH merges them with its configuration and `Match` sees them.
 * Errors: `invalid-host`, `ssh-client-missing`, `ssh-config`, `identity-file`.
 */
export function resolveEndpoint(record: Target, settings: ConnectionSettings): Promise<Endpoint> {
  return resolveHop(record, settings, "host", 0);
}

/** The options that make `ssh` use the record's own fields. */
export function sshOptions(target: Target): string[] {
  const options: string[] = [];
  if (target.port !== undefined) options.push("-p", String(target.port));
  if (target.user !== undefined) options.push("-l", target.user);
  const identityFile = explicitFileOf(target);
  if (identityFile !== undefined) options.push("-i", identityFile.replaceAll("%", "%%"));
  if (target.proxyJump !== undefined) options.push("-J", target.proxyJump);
  return options;
}

/** The identity file that the program names: the path unchanged, except for `~` and a relative path. */
function explicitFileOf({ identityFile }: Target): string | undefined {
  return identityFile === undefined ? undefined : resolve(expandHome(identityFile));
}

async function resolveHop(
  target: Target,
  settings: ConnectionSettings,
  role: Endpoint["role"],
  depth: number,
): Promise<Endpoint> {
  checkAddress(target.address, target.name);
  if (target.user !== undefined) checkWord(target.user, "user", target.name);
  if (target.proxyJump !== undefined) checkWord(target.proxyJump, "jump host", target.name);
  if (depth > MAX_HOPS) {
    throw new TaasError(
      `it is behind more than ${MAX_HOPS} jump hosts, so the chain probably leads back to itself`,
      {
        code: "ssh-config",
        host: target.name,
        hint: "Check ProxyJump in the ssh configuration: a jump host must not match its own rule",
      },
    );
  }
  const explicitFile = explicitFileOf(target);
  if (explicitFile !== undefined) await checkIdentityFile(explicitFile, target.name);
  const config = await effectiveConfig(target, settings);
  const endpoint = describeConfig(config, target, role, explicitFile);
  const chain = single(config, "proxyjump");
  if (chain === undefined) return endpoint;
  const hop = parseJumpChain(chain, target.name);
  return {
    ...endpoint,
    jump: await resolveHop({ name: target.name, ...hop }, settings, "jump host", depth + 1),
  };
}

function describeConfig(
  config: EffectiveConfig,
  target: Target,
  role: Endpoint["role"],
  explicitFile: string | undefined,
): Endpoint {
  const hostname = single(config, "hostname") ?? target.address;
  checkAddress(hostname, target.name);
  const port = Number(single(config, "port") ?? 22);
  const user = single(config, "user") ?? "";
  const tokens = { alias: target.address, hostname, port, user };
  const family = single(config, "addressfamily");
  const paths = (keyword: string) =>
    splitPaths(config.get(keyword)?.[0] ?? "").map((path) => expandPath(path, tokens));
  const files = (keyword: string) =>
    (config.get(keyword) ?? []).filter((path) => path !== "none").map((path) => expandPath(path, tokens));
  return {
    name: target.name,
    alias: target.address,
    hostname,
    port,
    user,
    addressFamily: family === "inet" ? 4 : family === "inet6" ? 6 : 0,
    bindAddress: single(config, "bindaddress"),
    hostKeyAlias: single(config, "hostkeyalias"),
    hostKey: target.hostKey,
    knownHostsFiles: [...paths("userknownhostsfile"), ...paths("globalknownhostsfile")],
    algorithms: allowedAlgorithms(config),
    requiredRsaSize: Number(single(config, "requiredrsasize") ?? DEFAULT_RSA_SIZE),
    identities: {
      explicitFile,
      files: files("identityfile"),
      certificateFiles: files("certificatefile"),
      acceptedAlgorithms: listOf(config, "pubkeyacceptedalgorithms"),
      identitiesOnly: single(config, "identitiesonly") === "yes",
      agent: agentSocket(config, (path) => expandPath(path, tokens)),
    },
    config: [...config]
      .filter(([keyword]) => keyword !== "host")
      .map(([keyword, values]) => [
        keyword,
        COMMANDS.includes(keyword) ? values.map((value) => expandTokens(value, tokens)) : values,
      ]),
    jump: undefined,
    role,
  };
}

/** The value of `RequiredRSASize` if it is not set (ssh_config(5)). */
const DEFAULT_RSA_SIZE = 1024;

function allowedAlgorithms(config: EffectiveConfig): Endpoint["algorithms"] {
  const lists = ALGORITHM_OPTIONS.map((option) => [option, listOf(config, option.toLowerCase()) ?? []]);
  return Object.fromEntries(lists) as Endpoint["algorithms"];
}

/** The value of a keyword as a list; `undefined` if it is absent. */
function listOf(config: EffectiveConfig, keyword: string): string[] | undefined {
  return single(config, keyword)?.split(",");
}

/**
 * `IdentityAgent` may be a path, `SSH_AUTH_SOCK`, `$VARIABLE` or `none`; without it, the agent is that of the
 * environment.
 */
function agentSocket(config: EffectiveConfig, expand: (path: string) => string): string | undefined {
  const value = config.get("identityagent")?.[0] ?? "SSH_AUTH_SOCK";
  if (value === "none") return undefined;
  const variable = value === "SSH_AUTH_SOCK" ? value : /^\$(\w+)$/.exec(value)?.[1];
  const path = variable === undefined ? value : process.env[variable];
  return path === undefined || path === "" ? undefined : expand(path);
}

async function effectiveConfig(target: Target, settings: ConnectionSettings): Promise<EffectiveConfig> {
  const config = settings.sshConfig === undefined ? [] : ["-F", expandHome(settings.sshConfig)];
  const argv = ["-G", ...config, ...sshOptions(target), "--", target.address];
  const outcome = await askSsh(argv, settings.connectTimeout * 1000);
  if (outcome.kind === "missing") {
    throw new TaasError("this machine has no `ssh` program, which is needed to read the ssh configuration", {
      code: "ssh-client-missing",
      host: target.name,
      hint: "Install OpenSSH's client (Debian, Ubuntu: openssh-client; Fedora, RHEL: openssh-clients)",
    });
  }
  if (outcome.kind === "exited" && outcome.result.exitCode === 0)
    return parseEffectiveConfig(outcome.result.stdout);
  const why =
    outcome.kind === "exited" ? outcome.result.stderr.trim() : `ssh -G did not finish (${outcome.kind})`;
  throw new TaasError(`the ssh configuration for ${target.address} cannot be used: ${why}`, {
    code: "ssh-config",
    host: target.name,
    hint: `Try it manually: ssh ${argv.join(" ")}`,
  });
}

async function checkIdentityFile(file: string, name: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "does not exist" : `cannot be read (${code})`;
    throw new TaasError(`the identity file ${file} ${why}`, {
      code: "identity-file",
      host: name,
      hint: "identityFile must be the path of a private key on the machine that runs Pulumi",
      cause,
    });
  }
}
