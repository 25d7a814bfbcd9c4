import * as z from "zod";
import { describePort, type PortInput, portChoices, portSymbol } from "./port";
import { asSet } from "./set";

const MAX_TEXT = 1024;
const text = z.string().min(1).max(MAX_TEXT);

/** A pattern of port names: `*` stands for any characters, `?` for one. In practice, port names are printable ASCII. */
const glob = z
  .string()
  .regex(/^[!#-[\]-~]{1,255}$/, 'a pattern has 1 to 255 printable characters, none of them a space, " or \\');

/** `external_ids` by key; the value `*` matches any value. */
const externalIds = z
  .record(text, z.string().max(MAX_TEXT))
  .refine(
    (ids) => Object.keys(ids).length > 0,
    "at least one key is needed; without one, every port would match",
  )
  .refine((ids) => Object.keys(ids).length <= 32, "at most 32 keys");

/** The properties by which ports are selected. */
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

/** What is left out: a port, or all ports that match. An exclusion cannot have exclusions. */
const excludedPort = z
  .union(
    [...portChoices, z.strictObject(conditions).refine(saysSomething, EMPTY)],
    "must be a port, or a selector without except",
  )
  .meta({ id: "ExcludedPort" });

/** All ports of a host's integration bridge that match every given condition. The order of `except` does not matter. */
export const portSelector = z
  .strictObject({ ...conditions, except: z.array(excludedPort).max(1000).overwrite(asSet).optional() })
  .refine(saysSomething, EMPTY)
  .meta({ id: "PortSelector" });

export type PortSelector = z.output<typeof portSelector>;
export type Conditions = z.output<z.ZodObject<typeof conditions>>;
export type ExcludedPort = z.output<typeof excludedPort>;

/** What a flow taps: one port, or all ports that match. */
export type Tapped = PortInput | PortSelector;

/** What a flow taps, from its two arguments, of which exactly one is given. */
export function tappedBy({
  port,
  ports,
}: {
  port?: PortInput | undefined;
  ports?: PortSelector | undefined;
}): Tapped {
  return ports ?? port!;
}

/** Whether ports are selected rather than one port named. */
export function isSelector<Given extends Tapped | ExcludedPort>(
  tapped: Given,
): tapped is Extract<Given, { network?: unknown }> {
  const given: unknown = tapped;
  if (typeof given !== "object" || given === null) return false;
  return !("ifaceId" in given || "mac" in given || "vmUuid" in given);
}

/** Conditions by name, in a fixed order. */
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

/** Selected ports as `rules` show them: `ports(name:tap-*,except:tap-dns|mac:..)`. */
function selectorSymbol(selector: PortSelector): string {
  const { except = [] } = selector;
  const excluded = except.length === 0 ? [] : [`except:${except.map(exclusionText).join("|")}`];
  return `ports(${[...conditionTexts(selector), ...excluded].join(",")})`;
}

/** What a flow taps, as `rules` show it. */
export function tappedSymbol(tapped: Tapped): string {
  return isSelector(tapped) ? selectorSymbol(tapped) : portSymbol(tapped);
}

/** What a flow taps, as messages name it. */
export function describeTapped(tapped: Tapped): string {
  return isSelector(tapped) ? selectorSymbol(tapped) : `port ${describePort(tapped)}`;
}
