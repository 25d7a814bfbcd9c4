import {
  containsUnknown,
  isObject,
  isSecret,
  makeSecret,
  type PropertyMap,
  type PropertyValue,
  unknownValue,
} from "../properties";
import { parsePath } from "../propertyPath";

/** What expressions are evaluated in. */
export interface Scope {
  /** What stands for an output that a resource does not have: unknown in a preview. */
  readonly absent: PropertyValue | undefined;
  /** The value of a name: of a resource (all its outputs, with `id` and `urn`), a variable or a key of the configuration. */
  lookup(name: string): Promise<PropertyValue>;
  /** Calls a function of a package. */
  invoke(token: string, args: PropertyMap): Promise<PropertyMap>;
}

/** What Pulumi finds in a text, from left to right: `$$`, which is one `$`, and `${...}`, which refers to something. */
const SIGNS = /\$\$|\$\{([^}]*)\}/g;

/** Evaluates what stands for a value in a YAML program. */
export async function evaluate(value: PropertyValue, scope: Scope): Promise<PropertyValue> {
  if (typeof value === "string") return interpolate(value, scope);
  if (Array.isArray(value)) return Promise.all(value.map((item) => evaluate(item, scope)));
  if (!isObject(value)) return value;
  const [[name, argument] = ["", null]] = Object.entries(value);
  if (!name.startsWith("fn::")) return evaluateMap(value, scope);
  if (name === "fn::secret") return makeSecret(await evaluate(argument, scope));
  if (name === "fn::invoke" && isObject(argument)) return call(argument, scope);
  throw new Error(`the test engine does not know ${name}`);
}

/** Evaluates each value of a map. */
export async function evaluateMap(map: PropertyMap, scope: Scope): Promise<PropertyMap> {
  const entries = Object.entries(map).map(
    async ([name, value]) => [name, await evaluate(value, scope)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function call({ function: token, arguments: args, return: part }: PropertyMap, scope: Scope) {
  const given = await evaluate(args ?? {}, scope);
  if (containsUnknown(given)) return unknownValue;
  const result = await scope.invoke(String(token), given as PropertyMap);
  return part === undefined ? result : at(result, [String(part)], undefined);
}

/** A text that is one reference is its value; one with references in it is a text. */
async function interpolate(text: string, scope: Scope): Promise<PropertyValue> {
  const references = [...text.matchAll(SIGNS)].filter(([, path]) => path !== undefined);
  const values = await Promise.all(references.map(([, path]) => refer(path!, scope)));
  if (references.length === 1 && references[0]![0] === text) return values[0]!;
  if (containsUnknown(values)) return unknownValue;
  const plain = values.map((value) => (isSecret(value) ? value.value : value));
  const filled = text.replace(SIGNS, (_, path) => (path === undefined ? "$" : String(plain.shift())));
  return values.some(isSecret) ? makeSecret(filled) : filled;
}

async function refer(path: string, scope: Scope): Promise<PropertyValue> {
  const [name, ...rest] = parsePath(path);
  return at(await scope.lookup(String(name)), rest, scope.absent);
}

/** What is at a path in a value; a part of a secret is a secret, and one of what is unknown is unknown. */
function at(
  value: PropertyValue,
  path: readonly (string | number)[],
  absent: PropertyValue | undefined,
): PropertyValue {
  const [step, ...rest] = path;
  if (step === undefined || value === unknownValue) return value;
  if (isSecret(value)) return makeSecret(at(value.value ?? null, path, absent));
  const inner = (value as PropertyMap | null)?.[step as string] ?? absent;
  if (inner === undefined) throw new Error(`${String(step)} is no property of what is referred to`);
  return at(inner, rest, absent);
}
