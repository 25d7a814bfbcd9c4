import type { PortConditions, PortSelector } from "../api/ports";

/** What has been filled in to tap all ports that match. */
export interface MatchChoice {
  hosts: readonly string[];
  network: string;
  vlan: string;
  /** UUID of a VM. */
  vm: string;
  /** Pattern of port names. */
  like: string;
  /** `key=value`, separated by commas. */
  ids: string;
  /** Names and patterns of ports, and `key=value`, separated by commas. */
  except: string;
}

/** Nothing filled in. */
export const NO_MATCH: MatchChoice = {
  hosts: [],
  network: "",
  vlan: "",
  vm: "",
  like: "",
  ids: "",
  except: "",
};

/** The selector that the fields come to; undefined while no condition is given. */
export function selectorOf({ network, vlan, vm, like, ids, except }: MatchChoice): PortSelector | undefined {
  const externalIds = Object.fromEntries(partsOf(ids).map(keyAndValue));
  const conditions: PortConditions = {
    ...(network.trim() === "" ? {} : { network: network.trim() }),
    ...(vlan.trim() === "" ? {} : { vlan: Number(vlan) }),
    ...(vm === "" ? {} : { vm }),
    ...(like.trim() === "" ? {} : { name: like.trim() }),
    ...(Object.keys(externalIds).length === 0 ? {} : { externalIds }),
  };
  if (Object.keys(conditions).length === 0) return undefined;
  const excluded = partsOf(except).map(exclusionOf);
  return { ...conditions, ...(excluded.length === 0 ? {} : { except: excluded }) };
}

function partsOf(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter(Boolean);
}

/** A key without a value has any. */
function keyAndValue(part: string): [string, string] {
  const at = part.indexOf("=");
  return at < 0 ? [part, "*"] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
}

function exclusionOf(part: string): string | PortConditions {
  if (part.includes("=")) return { externalIds: Object.fromEntries([keyAndValue(part)]) };
  return /[*?]/.test(part) ? { name: part } : part;
}

/** What is missing, and at which field. */
export interface Missing {
  field: "hosts" | "ports";
  message: string;
}

/** What the fields do not say yet, though a tap needs it. */
export function missingOf(choice: MatchChoice): Missing | undefined {
  if (choice.hosts.length === 0) return { field: "hosts", message: "Choose at least one host" };
  if (selectorOf(choice) !== undefined) return undefined;
  return { field: "ports", message: "Fill in at least one condition; * under Ports like is every port" };
}
