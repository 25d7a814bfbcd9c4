import type { Op } from "./events";
import {
  isObject,
  isSecret,
  type PropertyMap,
  type PropertyValue,
  signatureKey,
  unknownValue,
} from "./properties";
import { isInternalKey, type ObjectDiff, type ValueDiff } from "./propertyDiff";

/** The two characters before what a step does. */
export function prefixOf(op: Op): string {
  const prefixes: Partial<Record<Op, string>> = {
    create: "+ ",
    delete: "- ",
    update: "~ ",
    replace: "+-",
    "create-replacement": "++",
    "delete-replaced": "--",
    read: "> ",
    "read-replacement": ">>",
    refresh: "~ ",
    discard: "< ",
    "discard-replaced": "<<",
    "remove-pending-replace": "~ ",
  };
  return prefixes[op] ?? "  ";
}

/** Where a line stands, and what its prefix says; without one the line is not about a change. */
interface Place {
  readonly indent: number;
  readonly op?: Op;
}

function margin({ indent, op }: Place): string {
  const blank = "    ".repeat(indent);
  return op ? blank.slice(0, -2) + prefixOf(op) : blank;
}

/** Whether a value says anything: not null, and not empty. */
export function isWorthShowing(value: PropertyValue): boolean {
  if (value === null || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  return !isObject(value) || Object.keys(value).length > 0;
}

function deeper(place: Place, by: number): Place {
  return { ...place, indent: place.indent + by };
}

function valueText(value: PropertyValue, place: Place): string {
  if (isSecret(value)) return "[secret]";
  if (value === unknownValue) return "[unknown]";
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    const elements = value.map((element, index) => {
      return `${margin(place)}    [${index}]: ${valueText(element, deeper(place, 1))}\n`;
    });
    return `[\n${elements.join("")}${margin({ indent: place.indent })}]`;
  }
  if (isObject(value)) {
    const members = objectText(value, deeper(place, 1));
    return members ? `{\n${members}${margin({ indent: place.indent })}}` : "{}";
  }
  return value === null ? "<null>" : JSON.stringify(value);
}

function titled(key: string, width: number, text: string, place: Place): string {
  return `${margin(place)}${key.padEnd(width)}: ${text}\n`;
}

/** The properties of a resource that is made or removed, a line each, without the internal ones. */
export function objectText(
  properties: PropertyMap,
  place: Place,
  select: (key: string) => boolean = () => true,
): string {
  const keys = Object.keys(properties).sort();
  const width = Math.max(0, ...keys.map((key) => key.length));
  return keys
    .filter((key) => !isInternalKey(key) && key !== signatureKey && select(key))
    .map((key) => titled(key, width, valueText(properties[key] as PropertyValue, place), place))
    .join("");
}

type Line = (text: (place: Place) => string, op: Op | undefined) => string;

/** How one value became another, with the title that `line` gives it; `indent` is where the inside of it stands. */
function changeText(diff: ValueDiff, indent: number, line: Line): string {
  if (diff.array) {
    const { array } = diff;
    const element =
      (index: number): Line =>
      (text, op) => {
        const place = op ? { indent: indent + 2, op } : { indent: indent + 2 };
        return `${margin(deeper(place, -1))}[${index}]: ${text(place)}\n`;
      };
    const lines = Array.from({ length: array.length }, (_, index) => {
      const update = array.updates.get(index);
      if (update) return changeText(update, indent + 2, element(index));
      if (array.adds.has(index)) return added(array.adds.get(index) as PropertyValue, element(index));
      if (array.deletes.has(index)) return deleted(array.deletes.get(index) as PropertyValue, element(index));
      return element(index)((place) => valueText(array.sames.get(index) as PropertyValue, place), undefined);
    });
    return line(() => `[\n${lines.join("")}${margin({ indent })}]`, "update");
  }
  if (diff.object) {
    const members = objectDiffText(diff.object, indent + 1);
    return line(() => `{\n${members}${margin({ indent })}}`, "update");
  }
  const isPrimitive = (value: PropertyValue) =>
    value === null || typeof value !== "object" || isSecret(value);
  if (
    isPrimitive(diff.old) &&
    isPrimitive(diff.new) &&
    isWorthShowing(diff.old) &&
    isWorthShowing(diff.new)
  ) {
    return line((place) => `${valueText(diff.old, place)} => ${valueText(diff.new, place)}`, "update");
  }
  return `${isWorthShowing(diff.old) ? deleted(diff.old, line) : ""}${isWorthShowing(diff.new) ? added(diff.new, line) : ""}`;
}

function added(value: PropertyValue, line: Line): string {
  return line((place) => valueText(value, place), "create");
}

function deleted(value: PropertyValue, line: Line): string {
  return line((place) => valueText(value, place), "delete");
}

/** How the properties of a resource changed: `+`, `-` and `~` before what did, arrays element by element. */
export function objectDiffText(
  diff: ObjectDiff,
  indent: number,
  select: (key: string) => boolean = () => true,
): string {
  const keys = [
    ...diff.adds.keys(),
    ...diff.deletes.keys(),
    ...diff.updates.keys(),
    ...diff.sames.keys(),
  ].sort();
  const width = Math.max(0, ...keys.map((key) => key.length));
  return keys
    .filter(select)
    .map((key) => {
      const line: Line = (text, op) => {
        const place = op ? { indent, op } : { indent };
        return titled(key, width, text(place), place);
      };
      const update = diff.updates.get(key);
      if (update) return changeText(update, indent, line);
      if (diff.adds.has(key)) return added(diff.adds.get(key) as PropertyValue, line);
      if (diff.deletes.has(key)) return deleted(diff.deletes.get(key) as PropertyValue, line);
      const same = diff.sames.get(key) as PropertyValue;
      return isWorthShowing(same) ? line((place) => valueText(same, place), undefined) : "";
    })
    .join("");
}
