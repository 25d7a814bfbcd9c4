import { TaasError } from "./errors";
import type { ConnectionSettings } from "./host/host";
import type { Inventory } from "./host/inventory";
import { readInventory } from "./readInventory";
import { show } from "./schema/reasons";

/** How the stack's configuration is read: the value of a key, or nothing. */
export type ConfigReader = (key: string) => string | undefined;

/** The stack's configuration, namespace `taas`. */
export interface Settings {
  inventory: Inventory;
  connection: ConnectionSettings;
}

const NAMESPACE = "taas:";

/** The keys of the configuration, without the namespace. */
export const SETTINGS = [
  "hosts",
  "sshConfig",
  "connectTimeout",
  "operationTimeout",
  "hostConcurrency",
] as const;
type Key = (typeof SETTINGS)[number];

/** Where a configuration comes from, for errors. */
export interface ConfigOrigin {
  source: string;
  /** What stands before a key there. */
  prefix: string;
  /** How a key is corrected. */
  correct(key: string): string;
}

const STACK: ConfigOrigin = {
  source: "stack configuration",
  prefix: NAMESPACE,
  correct: (key) => `Correct it: pulumi config set ${NAMESPACE}${key} ...`,
};

interface Source {
  read: ConfigReader;
  origin: ConfigOrigin;
}

/** Seconds in a week: more than an operation may need, and far from what timers of Node.js cannot count (2^31 milliseconds). */
const MOST = 7 * 24 * 3600;

function positive(from: Source, key: Key, fallback: number): number {
  const { origin } = from;
  const text = from.read(NAMESPACE + key);
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!(value > 0 && value <= MOST)) {
    throw new TaasError(
      `${origin.source} ${origin.prefix}${key} is ${show(text)}, which is not a number above 0, and at most ${MOST}`,
      { code: "invalid-config", hint: origin.correct(key) },
    );
  }
  return value;
}

function inventory({ read, origin }: Source): Inventory {
  const text = read(`${NAMESPACE}hosts`);
  if (text === undefined || text === "") return {};
  const { source, prefix } = origin;
  return readInventory(text, { source, root: `${prefix}hosts`, hint: origin.correct("hosts") });
}

/** Reads and checks the stack's configuration, or that of a provider in a stack. */
export function readSettings(read: ConfigReader, origin: ConfigOrigin = STACK): Settings {
  const from = { read, origin };
  const sshConfig = read(`${NAMESPACE}sshConfig`) ?? process.env.TAAS_SSH_CONFIG;
  return {
    inventory: inventory(from),
    connection: {
      ...(sshConfig === undefined || sshConfig === "" ? {} : { sshConfig }),
      connectTimeout: positive(from, "connectTimeout", 15),
      operationTimeout: positive(from, "operationTimeout", 60),
      hostConcurrency: Math.ceil(positive(from, "hostConcurrency", 10)),
    },
  };
}
