import ts from "typescript";
import { commentOf } from "./comment";
import { alternativeList, propertiesOf, propertyList } from "./members";
import type { PublicDeclaration } from "./publicDeclarations";
import { branches, type LinkOf, typeText } from "./typeText";
import { wrap } from "./wrap";

const OTHER_ERRORS =
  "Besides those of [hosts, Open vSwitch and claims](../troubleshooting.md), which anything that reads or changes a host can fail with:";

/** What the reference says of a declaration, below its heading. */
export function declarationText({ name, node }: PublicDeclaration, linkOf: LinkOf): string {
  const { paragraphs, examples, errors } = commentOf(node, linkOf);
  const parts = [
    ...paragraphs.map((paragraph) => wrap(paragraph)),
    ...examples.map((example) => fenced(example)),
    ...bodyOf(name, node, linkOf),
  ];
  if (errors.length > 0)
    parts.push("## Errors", wrap(OTHER_ERRORS), errors.map((error) => wrap(error, "- ")).join("\n"));
  return parts.join("\n\n");
}

function fenced(code: string): string {
  return `\`\`\`ts\n${code}\n\`\`\``;
}

function bodyOf(name: string, node: PublicDeclaration["node"], linkOf: LinkOf): string[] {
  if (ts.isClassDeclaration(node)) return classParts(name, node, linkOf);
  if (ts.isFunctionDeclaration(node)) return functionParts(name, node, linkOf);
  if (ts.isInterfaceDeclaration(node)) return interfaceParts(node, linkOf);
  const hasObjects = branches(node.type).some(ts.isTypeLiteralNode);
  if (hasObjects) return ["One of:", alternativeList(node.type, linkOf)];
  // Keys of another declaration say nothing to a reader; the comment does.
  return ts.isIndexedAccessTypeNode(node.type) ? [] : [`${typeText(node.type, linkOf)}`];
}

function classParts(name: string, { members }: ts.ClassDeclaration, linkOf: LinkOf): string[] {
  const creation = members.find(ts.isConstructorDeclaration)!;
  const methods = members.filter(ts.isMethodDeclaration).map((method) => {
    const call = `${name}.${method.name.getText()}${parametersOf(method.parameters)}`;
    return wrap(`\`${call}\`: ${commentOf(method, linkOf).paragraphs.join(" ")}`);
  });
  return [
    "## Constructor",
    fenced(`new ${name}${parametersOf(creation.parameters)}`),
    ...commentOf(creation, linkOf).paragraphs.map((paragraph) => wrap(paragraph)),
    "## Outputs",
    propertyList(propertiesOf(members), "result", linkOf),
    ...(methods.length === 0 ? [] : ["## Methods", ...methods]),
  ];
}

function parametersOf(parameters: ts.NodeArray<ts.ParameterDeclaration>): string {
  return `(${parameters.map((parameter) => parameter.getText()).join(", ")})`;
}

function functionParts(name: string, { parameters, type }: ts.FunctionDeclaration, linkOf: LinkOf): string[] {
  const lists = parameters.map((parameter) =>
    propertyList(propertiesOf((parameter.type as ts.TypeLiteralNode).members), "argument", linkOf),
  );
  const call = `\`${name}(${parameters.map((parameter) => parameter.name.getText()).join(", ")})\``;
  return [`${call} returns ${typeText(type!, linkOf)}.`, "## Arguments", ...lists];
}

function interfaceParts(node: ts.InterfaceDeclaration, linkOf: LinkOf): string[] {
  const role = /\bInput</.test(node.getText()) ? "argument" : "result";
  const bases = (node.heritageClauses ?? []).flatMap(({ types }) => types);
  return [
    ...bases.map((base) => baseText(base, linkOf)),
    propertyList(propertiesOf(node.members), role, linkOf),
  ];
}

/** What an interface has from another one. */
function baseText({ expression, typeArguments }: ts.ExpressionWithTypeArguments, linkOf: LinkOf): string {
  const [from, left] = typeArguments ?? [];
  const linked = (name: string): string => `[\`${name}\`](${linkOf(name)})`;
  if (from === undefined) return `All of ${linked(expression.getText())}, and:`;
  const names = branches(left!).map((name) => `\`${JSON.parse(name.getText())}\``);
  return `All of ${linked(from.getText())} but ${names.join(", ")}, and:`;
}
