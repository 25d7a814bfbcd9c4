import * as z from "zod";
import { describePort, type PortInput, portChoices, portSymbol } from "./port";

const MAX_TEXT = 1024;
const text = z.string().min(1).max(MAX_TEXT);

/** A pattern of port names: `*` stands for any characters, `?` for one. Names of ports are printable ASCII in practice. */
const glob = z
  .string()
  .regex(/^[!#-[\]-~]{1,255}$/, 'a pattern has 1 to 255 printable characters, none of them a space, " or \\');

/** `external_ids` by key; the value `*` is any. */
const externalIds = z
  .record(text, z.string().max(MAX_TEXT))
  .refine((ids) => Object.keys(ids).length > 0, "no key is given, which would match every port")
  .refine((ids) => Object.keys(ids).length <= 32, "at most 32 keys");

/** What ports may have in common. */
const conditions = {
  network: text.optional(),
  vlan: z.int().min(0).max(4095).optional(),
  vm: text.optional(),
  name: glob.optional(),
  externalIds: externalIds.optional(),
};

const NAMES = Object.keys(conditions) as (keyof typeof conditions)[];

function saysSomething(selector: Readonly<Record<string, unknown>>): boolean {
  return NAMES.some((name) => selector[name] !== undefined);
}

const EMPTY = `give at least one of ${NAMES.join(", ")}; name: "*" selects every port`;

/** What is left out: a port, or all that match. An exclusion has none of its own. */
const excludedPort = z
  .union(
    [...portChoices, z.strictObject(conditions).refine(saysSomething, EMPTY)],
    "must be a port, or a selector without except",
  )
  .meta({ id: "ExcludedPort" });

/** All ports of a host's integration bridge that match everything that is given. */
export const portSelector = z
  .strictObject({ ...conditions, except: z.array(excludedPort).max(1000).optional() })
  .refine(saysSomething, EMPTY)
  .meta({ id: "PortSelector" });

export type PortSelector = z.output<typeof portSelector>;
export type Conditions = z.output<z.ZodObject<typeof conditions>>;
export type ExcludedPort = z.output<typeof excludedPort>;

/** What a flow taps: one port, or all that match. */
export type Tapped = PortInput | PortSelector;

/** What a flow taps, by its two arguments of which it has one. */
export function tappedBy({
  port,
  ports,
}: {
  port?: PortInput | undefined;
  ports?: PortSelector | undefined;
}): Tapped {
  return ports ?? port!;
}

/** Whether ports are selected, and not one named. */
export function isSelector<Given extends Tapped | ExcludedPort>(
  tapped: Given,
): tapped is Extract<Given, { network?: unknown }> {
  const given: unknown = tapped;
  if (typeof given !== "object" || given === null) return false;
  return !("ifaceId" in given || "mac" in given || "vmUuid" in given);
}

/** Conditions by name, in one order. */
function conditionTexts({ network, vlan, vm, name, externalIds: ids = {} }: Conditions): string[] {
  const keys = Object.keys(ids).sort();
  return [
    ...(network === undefined ? [] : [`network:${network}`]),
    ...(vlan === undefined ? [] : [`vlan:${vlan}`]),
    ...(vm === undefined ? [] : [`vm:${vm}`]),
    ...(name === undefined ? [] : [`name:${name}`]),
    ...keys.map((key) => `${key}=${ids[key]}`),
  ];
}

function exclusionText(excluded: ExcludedPort): string {
  if (!isSelector(excluded)) return portSymbol(excluded);
  const texts = conditionTexts(excluded);
  return texts.length === 1 ? texts[0]! : `(${texts.join(",")})`;
}

/** Selected ports the way `rules` show them: `ports(name:tap-*,except:tap-dns|mac:..)`. */
function selectorSymbol(selector: PortSelector): string {
  const { except = [] } = selector;
  const excluded = except.length === 0 ? [] : [`except:${except.map(exclusionText).join("|")}`];
  return `ports(${[...conditionTexts(selector), ...excluded].join(",")})`;
}

/** What a flow taps, the way `rules` show it. */
export function tappedSymbol(tapped: Tapped): string {
  return isSelector(tapped) ? selectorSymbol(tapped) : portSymbol(tapped);
}

/** What a flow taps, the way messages name it. */
export function describeTapped(tapped: Tapped): string {
  return isSelector(tapped) ? selectorSymbol(tapped) : `port ${describePort(tapped)}`;
}
