/** A resource's identity in a stack: `urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>`. */
export type Urn = string;

/** The type of the component that the language runtime registers as the root of every stack. */
const rootStackType = "pulumi:pulumi:Stack";

/** The parts of a URN. A name may itself hold `::`. */
export interface UrnParts {
  readonly stack: string;
  readonly project: string;
  readonly qualifiedType: string;
  readonly type: string;
  readonly name: string;
}

/** Splits a URN into its parts. */
export function parseUrn(urn: Urn): UrnParts {
  const [stack = "", project = "", qualifiedType = "", ...name] = urn.replace(/^urn:pulumi:/, "").split("::");
  const type = qualifiedType.slice(qualifiedType.lastIndexOf("$") + 1);
  return { stack, project, qualifiedType, type, name: name.join("::") };
}

/** Builds a URN. The types of the parents are part of it, except that of the root stack. */
export function createUrn(parts: {
  stack: string;
  project: string;
  parent: Urn;
  type: string;
  name: string;
}): Urn {
  const parentType = parts.parent ? parseUrn(parts.parent).qualifiedType : "";
  const prefix = parentType && parentType !== rootStackType ? `${parentType}$` : "";
  return `urn:pulumi:${parts.stack}::${parts.project}::${prefix}${parts.type}::${parts.name}`;
}

/** Whether this is the root stack component. */
export function isRootStack(urn: Urn): boolean {
  return parseUrn(urn).qualifiedType === rootStackType;
}

/** Whether resources of this type are providers (`pulumi:providers:<package>`). */
export function isProviderType(type: string): boolean {
  return type.startsWith("pulumi:providers:");
}

/** The package that manages a type: `pulumi-nodejs` of `pulumi-nodejs:dynamic/taas:TapFlow`. */
export function packageOfType(type: string): string {
  return type.split(":")[0] ?? "";
}

/** The URN of a provider reference (`<urn>::<id>`). */
export function providerUrn(reference: string): Urn {
  return reference.slice(0, reference.lastIndexOf("::"));
}

/** The id of a provider reference (`<urn>::<id>`). */
export function providerId(reference: string): string {
  return reference.slice(reference.lastIndexOf("::") + 2);
}
