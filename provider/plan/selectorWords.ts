import { areExplicit } from "../model/vmPort";
import type { PortInput } from "../schema/port";
import { type Conditions, type ExcludedPort, isSelector, type PortSelector } from "../schema/selector";

/**
 * How the keeper finds one port: by which property, by which additional property or as which of several, and the value
 * to compare.
 */
export function portWords(port: PortInput): { kind: string; count: string; value: string } {
  if (typeof port === "string") return { kind: "name", count: "-", value: port };
  if ("ifaceId" in port) return { kind: "iface-id", count: "-", value: port.ifaceId };
  if ("mac" in port) {
    const count = port.foundIfaceId === undefined ? "-" : JSON.stringify(port.foundIfaceId);
    return { kind: "mac", count, value: port.mac };
  }
  return { kind: "vm", count: String(port.vnic ?? "-"), value: port.vmUuid };
}

function conditionWords({ network, vlan, vm, name, externalIds = {} }: Conditions): string[] {
  const ids = Object.entries(externalIds).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...(network === undefined ? [] : ["network", JSON.stringify(network)]),
    ...(vlan === undefined ? [] : ["vlan", String(vlan)]),
    ...(vm === undefined ? [] : ["vm", JSON.stringify(vm)]),
    ...(name === undefined ? [] : ["name", name]),
    ...ids.flatMap(([key, value]) => [
      "id",
      JSON.stringify(key),
      value === "*" ? value : JSON.stringify(value),
    ]),
  ];
}

function exclusionWords(excluded: ExcludedPort): string[] {
  if (isSelector(excluded)) return conditionWords(excluded);
  const { kind, count, value } = portWords(excluded);
  return ["port", kind, count, JSON.stringify(value)];
}

/**
 * A selector in the notation of the keeper's text: `cloud` if only ports that a cloud created are meant, conditions with
 * their values, then each exclusion after `except`.
 */
export function selectorWords(selector: PortSelector): string[] {
  const exclusions = (selector.except ?? []).flatMap((excluded) => ["except", ...exclusionWords(excluded)]);
  return [...(areExplicit(selector) ? [] : ["cloud"]), ...conditionWords(selector), ...exclusions];
}
