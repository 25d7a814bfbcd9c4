import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** What is told of a declaration and of each of its members, in their doc comments. */
export interface Documented {
  /** Empty where there is no comment. */
  text: string;
  members: ReadonlyMap<string, string>;
  node: ts.Node;
}

/** All interfaces, type aliases, classes and functions that the files of some folders declare, by name. */
export function docComments(...folders: string[]): ReadonlyMap<string, Documented> {
  const found = new Map<string, Documented>();
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  for (const file of files.filter((name) => name.endsWith(".ts"))) {
    const text = readFileSync(file, "utf8");
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    for (const node of source.statements) {
      if (!isDocumented(node)) continue;
      found.set(node.name!.text, { text: commentOf(node), members: membersOf(node), node });
    }
  }
  return new Map([...found].map(([name, documented]) => [name, withParts(documented, found)]));
}

/** A declaration with the members of what it extends, or of the declared types that it is one of. */
function withParts({ text, members, node }: Documented, found: ReadonlyMap<string, Documented>): Documented {
  const parts = partsOf(node).flatMap((name) => found.get(name) ?? []);
  const others = parts.flatMap((part) => [...withParts(part, found).members]);
  return { text, members: new Map([...others, ...members]), node };
}

/** The names of what an interface extends, and of the alternatives of a type. */
function partsOf(node: ts.Node): string[] {
  if (ts.isInterfaceDeclaration(node))
    return (node.heritageClauses ?? []).flatMap(({ types }) =>
      types.map(({ expression }) => expression.getText()),
    );
  if (!ts.isTypeAliasDeclaration(node) || !ts.isUnionTypeNode(node.type)) return [];
  return node.type.types.filter(ts.isTypeReferenceNode).map(({ typeName }) => typeName.getText());
}

function isDocumented(node: ts.Node) {
  return (
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isFunctionDeclaration(node)
  );
}

/** The comments of all properties within a declaration; of an alternative, those of every branch. */
function membersOf(declaration: ts.Node): Map<string, string> {
  const members = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    const isMember = ts.isPropertySignature(node) || ts.isPropertyDeclaration(node);
    // A member of type never says which members of other branches a branch has not.
    if (isMember && node.type?.kind === ts.SyntaxKind.NeverKeyword) return;
    if (isMember && ts.isIdentifier(node.name)) members.set(node.name.text, commentOf(node));
    else ts.forEachChild(node, visit);
  };
  ts.forEachChild(declaration, visit);
  return members;
}

/** The text of a node's doc comment on one line, without tags; links are the names they lead to. */
function commentOf(node: ts.Node): string {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = comments.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "").join(" ");
  return text
    .replaceAll(/\{@link (\w+)\}/g, "$1")
    .replaceAll(/\s+/g, " ")
    .trim();
}
