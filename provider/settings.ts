import * as z from "zod";
import { TaasError } from "./errors";
import type { ConnectionSettings } from "./host/host";
import { type Inventory, sharedAddress } from "./host/inventory";
import { inventoryHost } from "./schema/host";
import { reasonsOf, show, wording } from "./schema/reasons";

/** How the stack's configuration is read: the value of a key, or nothing. */
export type ConfigReader = (key: string) => string | undefined;

/** The stack's configuration, namespace `taas`. */
export interface Settings {
  inventory: Inventory;
  connection: ConnectionSettings;
}

const NAMESPACE = "taas:";

function refuse(key: string, value: unknown, wanted: string): TaasError {
  return new TaasError(`stack configuration ${NAMESPACE}${key} is ${show(value)}, which is not ${wanted}`, {
    code: "invalid-config",
    hint: `Correct it: pulumi config set ${NAMESPACE}${key} ...`,
  });
}

function positive(read: ConfigReader, key: string, fallback: number): number {
  const text = read(NAMESPACE + key);
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw refuse(key, text, "a number above 0");
  return value;
}

function inventory(read: ConfigReader): Inventory {
  const text = read(`${NAMESPACE}hosts`);
  if (text === undefined || text === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse("hosts", text, "an object of hosts by name");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse("hosts", value, "an object of hosts by name");
  }
  const parsed = z.record(z.string(), inventoryHost).safeParse(value, { error: wording });
  if (parsed.success) return toldApart(parsed.data);
  throw new TaasError(
    `stack configuration ${reasonsOf(parsed.error, value, `${NAMESPACE}hosts`).join("; ")}`,
    {
      code: "invalid-config",
      hint: "Each entry is an address or an object with address, port, user, identityFile, tunnelIp and so on",
    },
  );
}

function toldApart(hosts: Inventory): Inventory {
  const shared = sharedAddress(hosts);
  if (shared === undefined) return hosts;
  throw new TaasError(
    `stack configuration ${NAMESPACE}hosts: ${shared.names.join(" and ")} have the same address ${shared.address}, by which hosts are told apart, and another port or jump host`,
    {
      code: "invalid-config",
      hint: "Give each an address of its own: an alias of ssh_config, with HostName, Port and ProxyJump there",
    },
  );
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
