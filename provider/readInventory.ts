import * as z from "zod";
import { TaasError } from "./errors";
import { type Inventory, sharedAddress } from "./host/inventory";
import { inventoryHost } from "./schema/host";
import { placedReasons, wording } from "./schema/reasons";

/** Where the text of an inventory comes from, for errors. */
export interface InventoryOrigin {
  /** `stack configuration`, or a file. */
  source: string;
  /** What the hosts are called there: `taas:hosts`. */
  root: string;
  /** How a text that is no inventory is corrected. */
  hint: string;
}

/** Reads and checks an inventory: a JSON object of hosts by name. Errors as of `checkInventory`. */
export function readInventory(text: string, origin: InventoryOrigin): Inventory {
  return checkInventory(parse(text), origin);
}

/** Checks an inventory: hosts by name. Errors: `invalid-config`, without any value: where it comes from may be a secret. */
export function checkInventory(value: unknown, { source, root, hint }: InventoryOrigin): Inventory {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TaasError(`${source} ${root} is not an object of hosts by name`, {
      code: "invalid-config",
      hint,
    });
  const parsed = z.record(z.string(), inventoryHost).safeParse(value, { error: wording });
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
    `${source} ${root}: ${shared.names.join(" and ")} have the same address, by which hosts are told apart, and another port or jump host`,
    {
      code: "invalid-config",
      hint: "Give each an address of its own: an alias of ssh_config, with HostName, Port and ProxyJump there",
    },
  );
}

/** What a text says in JSON; of any other text, nothing. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
