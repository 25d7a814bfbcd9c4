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
  return found;
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
