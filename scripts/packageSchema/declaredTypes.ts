import ts from "typescript";
import type { JsonSchema } from "./typeSpecs";

const KEYWORDS: Partial<Record<ts.SyntaxKind, string>> = {
  [ts.SyntaxKind.StringKeyword]: "string",
  [ts.SyntaxKind.NumberKeyword]: "number",
  [ts.SyntaxKind.BooleanKeyword]: "boolean",
};

/** A declared type as JSON Schema. What it does not say by itself is a reference to the declaration that does. */
function typeOf(node: ts.TypeNode): JsonSchema {
  const keyword = KEYWORDS[node.kind];
  if (keyword !== undefined) return { type: keyword };
  if (ts.isArrayTypeNode(node)) return { type: "array", items: typeOf(node.elementType) };
  if (ts.isUnionTypeNode(node)) return { anyOf: node.types.filter((type) => !isUndefined(type)).map(typeOf) };
  if (ts.isLiteralTypeNode(node)) return { type: ts.isStringLiteral(node.literal) ? "string" : "number" };
  if (!ts.isTypeReferenceNode(node)) throw new Error(`no type for ${node.getText()}`);
  const name = node.typeName.getText();
  const [first, second] = node.typeArguments ?? [];
  if (name === "Output") return typeOf(first!);
  if (name === "Record") return { type: "object", additionalProperties: typeOf(second!) };
  return { $ref: `#/$defs/${name}` };
}

function isUndefined(node: ts.TypeNode): boolean {
  return node.kind === ts.SyntaxKind.UndefinedKeyword;
}

/** The properties of an interface or a class as JSON Schema; what may be undefined is not required. */
export function declaredObject(declaration: ts.Node): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  ts.forEachChild(declaration, (node) => {
    if (!ts.isPropertySignature(node) && !ts.isPropertyDeclaration(node)) return;
    if (node.type === undefined) return;
    const name = node.name.getText();
    properties[name] = typeOf(node.type);
    const inner = ts.isTypeReferenceNode(node.type) ? (node.type.typeArguments?.[0] ?? node.type) : node.type;
    const isOptional = ts.isUnionTypeNode(inner) && inner.types.some(isUndefined);
    if (!isOptional && node.questionToken === undefined) required.push(name);
  });
  return { type: "object", properties, required };
}
