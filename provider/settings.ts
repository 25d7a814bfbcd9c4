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

function correct(key: string): string {
  return `Correct it: pulumi config set ${NAMESPACE}${key} ...`;
}

function refuse(key: string, value: unknown, wanted: string): TaasError {
  return new TaasError(`stack configuration ${NAMESPACE}${key} is ${show(value)}, which is not ${wanted}`, {
    code: "invalid-config",
    hint: correct(key),
  });
}

/** Seconds in a week: more than an operation may need, and far from what timers of Node.js cannot count (2^31 milliseconds). */
const MOST = 7 * 24 * 3600;

function positive(read: ConfigReader, key: string, fallback: number): number {
  const text = read(NAMESPACE + key);
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!(value > 0 && value <= MOST)) throw refuse(key, text, `a number above 0, and at most ${MOST}`);
  return value;
}

function inventory(read: ConfigReader): Inventory {
  const text = read(`${NAMESPACE}hosts`);
  if (text === undefined || text === "") return {};
  return readInventory(text, {
    source: "stack configuration",
    root: `${NAMESPACE}hosts`,
    hint: correct("hosts"),
  });
}

/** Reads and checks the stack's configuration. */
export function readSettings(read: ConfigReader): Settings {
  const sshConfig = read(`${NAMESPACE}sshConfig`) ?? process.env.TAAS_SSH_CONFIG;
  return {
    inventory: inventory(read),
    connection: {
      ...(sshConfig === undefined || sshConfig === "" ? {} : { sshConfig }),
      connectTimeout: positive(read, "connectTimeout", 15),
      operationTimeout: positive(read, "operationTimeout", 60),
      hostConcurrency: Math.ceil(positive(read, "hostConcurrency", 10)),
    },
  };
}
