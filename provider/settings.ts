import { TaasError } from "./errors";
import type { ConnectionSettings } from "./host/host";
import type { Inventory } from "./host/inventory";
import { readInventory } from "./readInventory";
import { LARGEST_LIMIT, settingOptions } from "./schema/settings";

/** Reads the stack's configuration: the value of a key, or undefined. */
export type ConfigReader = (key: string) => string | undefined;

/** The stack's configuration, namespace `taas`. */
export interface Settings {
  inventory: Inventory;
  connection: ConnectionSettings;
}

const NAMESPACE = "taas:";

/** Where a configuration was read from, for errors. */
export interface ConfigOrigin {
  source: string;
  /** The prefix of its keys. */
  prefix: string;
  /** How to correct a key. */
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

function limit(
  { read, origin }: Source,
  key: "connectTimeout" | "operationTimeout" | "hostConcurrency",
): number {
  const text = read(NAMESPACE + key);
  const parsed = settingOptions[key].safeParse(text === undefined || text === "" ? undefined : Number(text));
  if (parsed.success) return parsed.data;
  throw new TaasError(
    `${origin.source} ${origin.prefix}${key} must be a number above 0 and at most ${LARGEST_LIMIT}`,
    { code: "invalid-config", hint: origin.correct(key) },
  );
}

function inventory({ read, origin }: Source): Inventory {
  const text = read(`${NAMESPACE}hosts`);
  if (text === undefined || text === "") return {};
  const { source, prefix } = origin;
  return readInventory(text, { source, root: `${prefix}hosts`, hint: origin.correct("hosts") });
}

/**
 * Reads and checks the configuration of a stack, or of a provider in a stack. Throws `invalid-config`, without the
 * value, which may be a secret.
 */
export function readSettings(read: ConfigReader, origin: ConfigOrigin = STACK): Settings {
  const from = { read, origin };
  const sshConfig = read(`${NAMESPACE}sshConfig`) ?? process.env.TAAS_SSH_CONFIG;
  return {
    inventory: inventory(from),
    connection: {
      ...(sshConfig === undefined || sshConfig === "" ? {} : { sshConfig }),
      connectTimeout: limit(from, "connectTimeout"),
      operationTimeout: limit(from, "operationTimeout"),
      hostConcurrency: Math.ceil(limit(from, "hostConcurrency")),
    },
  };
}
