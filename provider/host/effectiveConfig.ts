import { homedir, hostname, userInfo } from "node:os";
import { resolve } from "node:path";

/** The output of `ssh -G`: keywords in lower case, each with its values in order. */
export type EffectiveConfig = ReadonlyMap<string, readonly string[]>;

/** Parses the output of `ssh -G`: one `keyword value` per line; keywords such as `identityfile` repeat. */
export function parseEffectiveConfig(text: string): EffectiveConfig {
  const config = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const space = line.indexOf(" ");
    if (space <= 0) continue;
    const keyword = line.slice(0, space).toLowerCase();
    const value = line.slice(space + 1).trim();
    const values = config.get(keyword);
    if (values === undefined) config.set(keyword, [value]);
    else values.push(value);
  }
  return config;
}

/** The first value of a keyword; `undefined` if it is absent or `none`. */
export function single(config: EffectiveConfig, keyword: string): string | undefined {
  const value = config.get(keyword)?.[0];
  return value === undefined || value === "none" || value === "" ? undefined : value;
}

/** The values of the percent tokens of ssh_config(5), TOKENS. */
export interface Tokens {
  alias: string;
  hostname: string;
  port: number;
  user: string;
}

/** Expands the percent tokens of a value as ssh_config(5) describes. */
export function expandTokens(text: string, tokens: Tokens): string {
  const local = hostname();
  const values: Record<string, string> = {
    "%": "%",
    d: homedir(),
    h: tokens.hostname,
    i: String(process.getuid?.() ?? ""),
    k: tokens.hostname,
    L: local.split(".")[0] ?? local,
    l: local,
    n: tokens.alias,
    p: String(tokens.port),
    r: tokens.user,
    u: userInfo().username,
  };
  return text.replace(/%(.)/g, (whole, token: string) => values[token] ?? whole);
}

/**
 * Expands `~`, `${VARIABLE}` and percent tokens of a path as ssh_config(5) describes; a relative path is relative to
 * the working directory.
 */
export function expandPath(path: string, tokens: Tokens): string {
  const named = path.replace(/\$\{(\w+)\}/g, (whole, variable: string) => process.env[variable] ?? whole);
  return resolve(expandHome(expandTokens(named, tokens)));
}

/** Replaces a leading `~` by the home directory. */
export function expandHome(path: string): string {
  return path.replace(/^~(?=\/|$)/, homedir());
}

/**
 * Splits a list of paths that `ssh -G` prints without quotes: a word that does not start a path belongs to the path
 * before it.
 */
export function splitPaths(value: string): string[] {
  const paths: string[] = [];
  for (const word of value.split(" ")) {
    const last = paths.length - 1;
    if (last >= 0 && !/^[~/]/.test(word) && /^[~/]/.test(paths[last]!)) paths[last] += ` ${word}`;
    else paths.push(word);
  }
  return paths.filter((path) => path !== "" && path !== "none");
}
