import * as z from "zod";
import { TaasError } from "./errors";
import type { Inventory } from "./host/inventory";
import { sharedAddress } from "./host/ways";
import { inventoryHost } from "./schema/host";
import { withoutNulls } from "./schema/nulls";
import { placedReasons, wording } from "./schema/reasons";

/** Where the text of an inventory was read from, for errors. */
export interface InventoryOrigin {
  /** `stack configuration`, or a file. */
  source: string;
  /** The name of the hosts' object there: `taas:hosts`. */
  root: string;
  /** How to correct a text that is not an inventory. */
  hint: string;
}

/** Reads and checks an inventory: a JSON object of hosts by name. Throws like `checkInventory`. */
export function readInventory(text: string, origin: InventoryOrigin): Inventory {
  return checkInventory(parse(text), origin);
}

/**
 * Checks an inventory: hosts by name. Throws `invalid-config`, without any value, because the inventory may be a
 * secret.
 */
export function checkInventory(value: unknown, { source, root, hint }: InventoryOrigin): Inventory {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TaasError(`${source} ${root} is not an object of hosts by name`, {
      code: "invalid-config",
      hint,
    });
  const entries = Object.entries(value).map(([name, entry]) => [name, withoutNulls(entry)] as const);
  const parsed = z
    .record(z.string(), inventoryHost)
    .safeParse(Object.fromEntries(entries), { error: wording });
  if (!parsed.success) {
    const reasons = placedReasons(parsed.error, root).map(({ text: reason }) => reason);
    throw new TaasError(`${source} ${reasons.join("; ")}`, {
      code: "invalid-config",
      hint: "Each entry is an address or an object with address, port, user, identityFile, tunnelIp and so on",
    });
  }
  const shared = sharedAddress(parsed.data);
  if (shared === undefined) return parsed.data;
  throw new TaasError(
    `${source} ${root}: ${shared.names.join(" and ")} have the same address but different ports or jump hosts; hosts are told apart by address`,
    {
      code: "invalid-config",
      hint: "Give each its own address: an ssh_config alias with its HostName, Port and ProxyJump",
    },
  );
}

/** Parses JSON; undefined if the text is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
