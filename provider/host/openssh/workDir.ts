import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { TaasError } from "../../errors";
import { expandHome } from "../effectiveConfig";
import { type Endpoint, knownHostsName } from "../endpoint";
import type { ConnectionSettings } from "../host";
import { parsePin } from "../knownHosts/pin";

/** A private directory for one connection of the OpenSSH client: its configuration, its control socket, forwarded sockets. */
export interface WorkDir {
  path: string;
  /** For `ssh -F`. */
  config: string;
  /** For `ssh -S`. */
  control: string;
  /** Options for this server alone: its pinned key. */
  options: string[];
  remove(): Promise<void>;
}

/** Longest path of a unix socket (sun_path), less the suffix that `ssh` adds to a control socket while it makes it. */
const MAX_CONTROL_PATH = 104 - 18;

/** Makes the directory. Throws `invalid-host` for a pin that the OpenSSH client cannot compare. */
export async function makeWorkDir(endpoint: Endpoint, settings: ConnectionSettings): Promise<WorkDir> {
  const pinned = pinnedLine(endpoint);
  const base = join(tmpdir(), "taas-ssh-XXXXXX", "control").length > MAX_CONTROL_PATH ? "/tmp" : tmpdir();
  const path = await mkdtemp(join(base, "taas-ssh-"));
  const config = join(path, "config");
  await writeFile(config, configText(settings), { mode: 0o600 });
  const knownHosts = join(path, "known_hosts");
  if (pinned !== undefined) await writeFile(knownHosts, pinned, { mode: 0o600 });
  return {
    path,
    config,
    control: join(path, "control"),
    options: pinned === undefined ? [] : pinOptions(knownHosts),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/**
 * The user's configuration under options that must hold on jump hosts as well: `ssh` starts itself for those and hands
 * on the configuration file, not the options of its command line.
 */
function configText(settings: ConnectionSettings): string {
  const includes =
    settings.sshConfig === undefined
      ? ["~/.ssh/config", "/etc/ssh/ssh_config"]
      : [resolve(expandHome(settings.sshConfig))];
  return `${[
    "Host *",
    "  BatchMode yes",
    "  StrictHostKeyChecking yes",
    "  UpdateHostKeys no",
    "  VerifyHostKeyDNS no",
    "  NoHostAuthenticationForLocalhost no",
    "  LogLevel ERROR",
    `  ServerAliveInterval ${Math.max(1, Math.round(settings.connectTimeout / 3))}`,
    "  ServerAliveCountMax 3",
    "  ForwardAgent no",
    "  ForwardX11 no",
    "  PermitLocalCommand no",
    "  RemoteCommand none",
    "  RequestTTY no",
    "  ClearAllForwardings yes",
    `  ConnectTimeout ${Math.max(1, Math.ceil(settings.connectTimeout))}`,
    ...includes.map((path) => `  Include "${path}"`),
  ].join("\n")}\n`;
}

function pinnedLine(endpoint: Endpoint): string | undefined {
  if (endpoint.hostKey === undefined) return undefined;
  const pin = parsePin(endpoint.hostKey, endpoint.name);
  if (pin.kind === "key")
    return `${knownHostsName(endpoint)} ${pin.key.type} ${pin.key.blob.toString("base64")}\n`;
  throw new TaasError(
    'with transport "openssh", hostKey must be the public key itself, not its fingerprint',
    {
      code: "invalid-host",
      host: endpoint.name,
      hint: 'Write it as "ssh-ed25519 AAAA..." (ssh-keyscan prints it)',
    },
  );
}

function pinOptions(knownHosts: string): string[] {
  const none = ["-o", "GlobalKnownHostsFile=/dev/null", "-o", "KnownHostsCommand=none"];
  return ["-o", `UserKnownHostsFile="${knownHosts}"`, ...none];
}
