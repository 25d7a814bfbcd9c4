import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import ts from "typescript";

/** A statement that declares what a program can import. */
export type DeclarationNode =
  | ts.ClassDeclaration
  | ts.FunctionDeclaration
  | ts.InterfaceDeclaration
  | ts.TypeAliasDeclaration;

/** One name that programs can import. */
export interface PublicDeclaration {
  name: string;
  /** The module of `sdk/` that exports it, without its extension: `tapFlow`. */
  module: string;
  node: DeclarationNode;
}

/** Everything that `sdk/index.ts` exports, by name, in its order. Throws where an export has no declaration. */
export function publicDeclarations(root: string): ReadonlyMap<string, PublicDeclaration> {
  const index = join(root, "sdk/index.ts");
  const exported = exportsOf(sourceOf(index)).flatMap(({ names, from }) =>
    names.map((name): [string, PublicDeclaration] => {
      const file = join(dirname(index), `${from}.ts`);
      return [name, { name, module: basename(from), node: declaration(name, file) }];
    }),
  );
  return new Map(exported);
}

function sourceOf(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022, true);
}

/** What a file exports from other files. */
function exportsOf(source: ts.SourceFile): { names: string[]; from: string }[] {
  return source.statements.filter(ts.isExportDeclaration).map(({ exportClause, moduleSpecifier }) => ({
    names:
      exportClause !== undefined && ts.isNamedExports(exportClause)
        ? exportClause.elements.map((element) => element.name.text)
        : [],
    from: (moduleSpecifier as ts.StringLiteral).text,
  }));
}

/** The declaration of a name in a file, or in the file that it is exported from there. */
function declaration(name: string, file: string): DeclarationNode {
  const source = sourceOf(file);
  const found = source.statements.find((node) => isDeclaration(node) && node.name?.text === name);
  if (found !== undefined) return found as DeclarationNode;
  const origin = exportsOf(source).find(({ names }) => names.includes(name));
  if (origin === undefined) throw new Error(`${file} exports ${name} and does not declare it`);
  return declaration(name, join(dirname(file), `${origin.from}.ts`));
}

function isDeclaration(node: ts.Node): node is DeclarationNode {
  return (
    ts.isClassDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)
  );
}
