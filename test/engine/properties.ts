/** A property value as it travels on the wire: JSON in which special values carry a signature key. */
export type PropertyValue = null | boolean | number | string | PropertyValue[] | PropertyMap;

/** Named property values. */
export interface PropertyMap {
  [key: string]: PropertyValue;
}

/** Stands for a value that is not known in a preview. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The key that marks a special object, and what it says. */
export const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const resourceSignature = "5cf8f73096256a8f31e491e813e4eb8e";

/** Whether a value is an object, special or not. */
export function isObject(value: PropertyValue | undefined): value is PropertyMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value that its signature says is more than a plain object. */
export interface SpecialValue extends PropertyMap {
  [signatureKey]: string;
}

/** Whether a value is marked secret. */
export function isSecret(value: PropertyValue | undefined): value is SpecialValue {
  return isObject(value) && value[signatureKey] === secretSignature;
}

/** Marks a value secret. */
export function makeSecret(value: PropertyValue): PropertyValue {
  return isSecret(value) ? value : { [signatureKey]: secretSignature, value };
}

/** Whether any value within satisfies the test. */
export function containsValue(value: PropertyValue, test: (candidate: PropertyValue) => boolean): boolean {
  if (test(value)) return true;
  if (Array.isArray(value)) return value.some((element) => containsValue(element, test));
  return isObject(value) && Object.values(value).some((element) => containsValue(element, test));
}

/** Whether anything within is unknown. */
export function containsUnknown(value: PropertyValue): boolean {
  return containsValue(value, (candidate) => candidate === unknownValue);
}

function mapValues(map: PropertyMap, convert: (value: PropertyValue) => PropertyValue): PropertyMap {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, convert(value)]));
}

/** What a provider that knows no secrets and no resource references is sent instead of them. */
function plainValue(value: PropertyValue): PropertyValue {
  if (Array.isArray(value)) return value.map(plainValue);
  if (!isObject(value)) return value;
  if (isSecret(value)) return plainValue(value.value ?? null);
  if (value[signatureKey] === resourceSignature) return value.id || (value.urn ?? null);
  return mapValues(value, plainValue);
}

/** {@link plainValue} of every property. */
export function plainProperties(map: PropertyMap): PropertyMap {
  return mapValues(map, plainValue);
}

/** As the checkpoint has it: a secret's value is the text of its JSON. */
export function toCheckpointValue(value: PropertyValue): PropertyValue {
  if (Array.isArray(value)) return value.map(toCheckpointValue);
  if (!isObject(value)) return value;
  if (isSecret(value)) {
    const plaintext = JSON.stringify(toCheckpointValue(value.value ?? null));
    return { [signatureKey]: secretSignature, plaintext };
  }
  return mapValues(value, toCheckpointValue);
}

/** The reverse of {@link toCheckpointValue}. */
export function fromCheckpointValue(value: PropertyValue): PropertyValue {
  if (Array.isArray(value)) return value.map(fromCheckpointValue);
  if (!isObject(value)) return value;
  if (isSecret(value)) {
    if (typeof value.plaintext !== "string") {
      throw new Error("the state holds an encrypted secret; export it with --show-secrets");
    }
    return makeSecret(fromCheckpointValue(JSON.parse(value.plaintext)));
  }
  return mapValues(value, fromCheckpointValue);
}

/** What events and the display show of a value: nothing of a secret. */
function blindValue(value: PropertyValue): PropertyValue {
  if (Array.isArray(value)) return value.map(blindValue);
  if (!isObject(value)) return value;
  if (isSecret(value)) return { [signatureKey]: secretSignature, ciphertext: "[secret]" };
  return mapValues(value, blindValue);
}

/** {@link blindValue} of every property. */
export function blindProperties(map: PropertyMap): PropertyMap {
  return mapValues(map, blindValue);
}

/**
 * Marks secret in `outputs` what was secret in the inputs of the same name: objects member by member, anything else
 * as a whole. Returns a new map.
 */
export function annotateSecrets(outputs: PropertyMap, inputs: PropertyMap): PropertyMap {
  const result = { ...outputs };
  for (const [key, input] of Object.entries(inputs)) {
    const output = result[key];
    if (output === undefined) continue;
    if (isObject(output) && isObject(input) && !isSecret(output) && !isSecret(input)) {
      result[key] = annotateSecrets(output, input);
    } else if (containsValue(input, isSecret)) {
      result[key] = makeSecret(output);
    }
  }
  return result;
}
