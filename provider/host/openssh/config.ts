import { resolve } from "node:path";
import { expandHome } from "../effectiveConfig";
import type { Endpoint } from "../endpoint";
import type { ConnectionSettings } from "../host";

/** Options that apply whatever the user's configuration says. */
const FIXED = [
  "BatchMode yes",
  "StrictHostKeyChecking yes",
  "UpdateHostKeys no",
  "VerifyHostKeyDNS no",
  "NoHostAuthenticationForLocalhost no",
  "LogLevel ERROR",
  "ServerAliveCountMax 3",
  "ForwardAgent no",
  "ForwardX11 no",
  "AddKeysToAgent no",
  "Tunnel no",
  "VisualHostKey no",
  "PermitLocalCommand no",
  "RemoteCommand none",
  "RequestTTY no",
  "ClearAllForwardings yes",
];

/** Such options that not every version of `ssh` knows, by the keyword that `ssh -G` prints if it does. */
const FIXED_WHERE_KNOWN = {
  gssapidelegatecredentials: "GSSAPIDelegateCredentials no",
  sessiontype: "SessionType default",
  stdinnull: "StdinNull no",
  forkafterauthentication: "ForkAfterAuthentication no",
};

/**
 * The user's configuration between options that must apply on jump hosts as well. For those, `ssh` starts itself and
 * passes on the configuration file, but not its command-line options. The first value of a keyword applies, so ours
 * come first; only `SendEnv` accumulates, so it is cleared last.
 */
export function configText(endpoint: Endpoint, settings: ConnectionSettings): string {
  const known = new Set(endpoint.config.map(([keyword]) => keyword));
  const fixedHere = Object.entries(FIXED_WHERE_KNOWN).filter(([keyword]) => known.has(keyword));
  const includes =
    settings.sshConfig === undefined
      ? ["~/.ssh/config", "/etc/ssh/ssh_config"]
      : [resolve(expandHome(settings.sshConfig))];
  return `${[
    "Host *",
    ...[...FIXED, ...fixedHere.map(([, line]) => line)].map((line) => `  ${line}`),
    `  ServerAliveInterval ${Math.max(1, Math.round(settings.connectTimeout / 3))}`,
    `  ConnectTimeout ${Math.max(1, Math.ceil(settings.connectTimeout))}`,
    ...includes.map((path) => `  Include "${path}"`),
    "  SendEnv -*",
  ].join("\n")}\n`;
}
