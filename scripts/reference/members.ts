import ts from "typescript";
import { commentOf } from "./comment";
import { branches, type LinkOf, typeText } from "./typeText";
import { wrap } from "./wrap";

/** A property as a class, an interface or an object type declares it. */
export type Property = ts.PropertyDeclaration | ts.PropertySignature;

/** Whose the properties are: a program gives arguments, and gets results. */
export type Role = "argument" | "result";

/** The properties of a declaration that programs know of. One of type never only tells a branch of a union from others. */
export function propertiesOf(members: readonly ts.Node[]): Property[] {
  return members
    .filter((member) => ts.isPropertySignature(member) || ts.isPropertyDeclaration(member))
    .filter(({ type }) => type?.kind !== ts.SyntaxKind.NeverKeyword)
    .filter((member) => !ts.getJSDocTags(member).some(({ tagName }) => tagName.text === "internal"));
}

/** A list of properties: each with its type, whether it is always there, and what its comment says. */
export function propertyList(
  properties: readonly Property[],
  role: Role,
  linkOf: LinkOf,
  indent = "",
): string {
  const items = properties.map((property) => {
    const told = commentOf(property, linkOf).paragraphs.join(" ");
    const type = `${typeText(property.type!, linkOf)}${presence(property, role)}`;
    return wrap(`**\`${property.name.getText()}\`** (${type}): ${told}`, `${indent}- `);
  });
  return items.join("\n");
}

/** The alternatives of a type as a list, in which an object has its properties below it. */
export function alternativeList(node: ts.TypeNode, linkOf: LinkOf): string {
  const items = branches(node).map((branch) =>
    ts.isTypeLiteralNode(branch)
      ? `- an object:\n${propertyList(propertiesOf(branch.members), "argument", linkOf, "  ")}`
      : `- ${typeText(branch, linkOf)}`,
  );
  return items.join("\n");
}

/** What is not as one expects: an argument that has to be given, a result that may be undefined. */
function presence({ questionToken, type }: Property, role: Role): string {
  const isOptional = questionToken !== undefined || /\| undefined\b/.test(type!.getText());
  if (role === "argument") return isOptional ? "" : ", required";
  return isOptional ? ", or undefined" : "";
}
