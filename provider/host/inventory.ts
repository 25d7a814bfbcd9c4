import { TaasError } from "../errors";
import { memo } from "../model/memo";
import { CONNECTION_FIELDS } from "../schema/host";
import { checkAddress, checkWord } from "./address";
import type { HostRecord } from "./host";

/** How a host is reached, and its bridges and addresses. */
export type HostEntry = Omit<HostRecord, "name">;

/**
 * A host as a program gives it: a name in the inventory, an ssh_config alias, a DNS name, an address, or the whole
 * record.
 */
export type HostArgument = string | (HostEntry & Partial<Pick<HostRecord, "name">>);

/** The stack's hosts by name (`taas:hosts`). An entry may name another entry. */
export type Inventory = Readonly<Record<string, string | HostEntry>>;

/**
 * Resolves a host argument. A string is looked up in the inventory, and is an address if it is not found there; `local`
 * is this machine. A whole record is not looked up, so resolving a resolved record changes nothing. Throws
 * `invalid-host` for an invalid address, and for inventory entries that refer to each other in a circle.
 */
export function resolveHost(host: HostArgument, inventory: Inventory): HostRecord {
  if (typeof host === "string") return checked(resolveName(host, host, inventory, [host]));
  return checked({ ...host, name: host.name ?? host.address });
}

/** The entries of an inventory as records, by address. */
const byAddress = memo((inventory: Inventory): ReadonlyMap<string, HostRecord[]> => {
  const known = new Map<string, HostRecord[]>();
  for (const name of Object.keys(inventory)) {
    const entry = resolveHost(name, inventory);
    known.set(entry.address, [...(known.get(entry.address) ?? []), entry]);
  }
  return known;
});

/**
 * The inventory's entry for the address of a record: the one with the record's name, else the first; undefined if there
 * is none.
 */
export function entryOf({ name, address }: HostRecord, inventory: Inventory): HostRecord | undefined {
  const entries = byAddress(inventory).get(address) ?? [];
  return entries.find((entry) => entry.name === name) ?? entries[0];
}

/**
 * The record to connect with. Connection fields are those of the inventory's current entry for the same address (the
 * host's identity), else the recorded ones. Bridges and addresses remain as recorded.
 */
export function withPresentConnection(recorded: HostRecord, inventory: Inventory): HostRecord {
  const present = entryOf(recorded, inventory);
  return present === undefined ? recorded : withConnectionOf(recorded, present);
}

/** A record with the connection fields of another. */
function withConnectionOf(recorded: HostRecord, present: HostRecord): HostRecord {
  const record = { ...recorded };
  for (const field of CONNECTION_FIELDS) delete record[field];
  const connection = CONNECTION_FIELDS.filter((field) => present[field] !== undefined);
  return Object.assign(record, Object.fromEntries(connection.map((field) => [field, present[field]])));
}

/** A host that a claim refers to, and the source of its connection fields. */
export interface ClaimedHost {
  record: HostRecord;
  /** `claim`: its address occurs only in the claim. */
  saidBy: "operator" | "claim";
}

/**
 * The record for a host that a claim refers to. The claim is written on some host, which is not trusted: it can only
 * say which machine has the other end. How to connect comes from the inventory's current entry for the same address,
 * else from `named` for that address (what program and state say), else from the ssh configuration of the address; of
 * the claim's own connection fields, only the port is used. Throws `invalid-host`.
 */
export function claimedHost(
  claimed: HostRecord,
  inventory: Inventory,
  named: ReadonlyMap<string, HostRecord>,
): ClaimedHost {
  const { name, address, port } = claimed;
  const known = entryOf(claimed, inventory) ?? named.get(address);
  if (known !== undefined) return { record: withConnectionOf(claimed, known), saidBy: "operator" };
  const record = withConnectionOf(claimed, { name, address, ...(port === undefined ? {} : { port }) });
  return { record: checked(record), saidBy: "claim" };
}

function resolveName(
  word: string,
  name: string,
  inventory: Inventory,
  visited: readonly string[],
): HostRecord {
  const entry = Object.hasOwn(inventory, word) ? inventory[word] : undefined;
  if (entry === undefined || entry === word) return { name, address: word };
  if (typeof entry !== "string") return { ...entry, name };
  if (visited.includes(entry)) {
    throw new TaasError(`the inventory entries ${[...visited, entry].join(" -> ")} refer to each other`, {
      code: "invalid-host",
      host: name,
      hint: "Give one of them an address in taas:hosts",
    });
  }
  return resolveName(entry, name, inventory, [...visited, entry]);
}

function checked(record: HostRecord): HostRecord {
  const { name, address, user, proxyJump, port } = record;
  checkAddress(address, name);
  if (user !== undefined) checkWord(user, "user", name);
  if (proxyJump !== undefined) checkWord(proxyJump, "jump host", name);
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65535)) {
    throw new TaasError(`${port} is not a port number`, { code: "invalid-host", host: name });
  }
  return address === "local" ? { ...record, transport: "local" } : record;
}
