import ts from "typescript";

/** Where the declaration of a type is told of; undefined for what this package does not declare. */
export type LinkOf = (name: string) => string | undefined;

/** Types that stand for the value within: the first page says so. */
const TRANSPARENT = new Set(["Input", "Output"]);

/** A piece of a type as it is written, with the page that says what it is. */
interface Piece {
  text: string;
  link?: string;
}

/**
 * A declared type as Markdown: code, in which the package's own types are links. Inputs and outputs are the values within, and
 * undefined is left out, because of an argument that is what it is when it is not given.
 */
export function typeText(node: ts.TypeNode, linkOf: LinkOf): string {
  const merged: Piece[] = [];
  for (const piece of pieces(node, linkOf)) {
    const last = merged.at(-1);
    if (last !== undefined && last.link === undefined && piece.link === undefined) last.text += piece.text;
    else merged.push({ ...piece });
  }
  return merged
    .map(({ text, link }) => {
      const code = `${/^ */.exec(text)![0]}\`${text.trim()}\`${/ *$/.exec(text)![0]}`;
      return link === undefined ? code : `[${code}](${link})`;
    })
    .join("");
}

/** A type without what is transparent, and without undefined. */
function within(node: ts.TypeNode): ts.TypeNode {
  if (ts.isParenthesizedTypeNode(node)) return within(node.type);
  if (ts.isTypeReferenceNode(node) && TRANSPARENT.has(node.typeName.getText()))
    return within(node.typeArguments![0]!);
  if (!ts.isUnionTypeNode(node)) return node;
  const [first, ...others] = branches(node);
  return others.length === 0 ? first! : node;
}

/** What a union is one of, each once; a type that is no union is the only one. */
export function branches(node: ts.TypeNode): ts.TypeNode[] {
  if (!ts.isUnionTypeNode(node)) return [node];
  const all = node.types
    .filter((type) => type.kind !== ts.SyntaxKind.UndefinedKeyword)
    .map(within)
    .flatMap(branches);
  const texts = all.map((type) => type.getText());
  return all.filter((_, index) => texts.indexOf(texts[index]!) === index);
}

function pieces(given: ts.TypeNode, linkOf: LinkOf): Piece[] {
  const node = within(given);
  if (ts.isUnionTypeNode(node)) return joined(branches(node), " | ", linkOf);
  if (ts.isArrayTypeNode(node)) {
    const item = within(node.elementType);
    const items = pieces(item, linkOf);
    const isUnion = ts.isUnionTypeNode(item);
    return isUnion ? [{ text: "(" }, ...items, { text: ")[]" }] : [...items, { text: "[]" }];
  }
  if (ts.isTypeLiteralNode(node)) return literal(node, linkOf);
  if (!ts.isTypeReferenceNode(node)) return [{ text: node.getText() }];
  const name = node.typeName.getText();
  const link = linkOf(name);
  const args = node.typeArguments ?? [];
  const itself: Piece = link === undefined ? { text: name } : { text: name, link };
  if (args.length === 0) return [itself];
  return [itself, { text: "<" }, ...joined(args, ", ", linkOf), { text: ">" }];
}

function literal({ members }: ts.TypeLiteralNode, linkOf: LinkOf): Piece[] {
  const fields = members.filter(ts.isPropertySignature).map((member) => {
    const mark = member.questionToken === undefined ? "" : "?";
    return [{ text: `${member.name.getText()}${mark}: ` }, ...pieces(member.type!, linkOf)];
  });
  return [{ text: "{ " }, ...separated(fields, "; "), { text: " }" }];
}

function joined(nodes: readonly ts.TypeNode[], separator: string, linkOf: LinkOf): Piece[] {
  return separated(
    nodes.map((node) => pieces(node, linkOf)),
    separator,
  );
}

function separated(parts: readonly Piece[][], separator: string): Piece[] {
  return parts.flatMap((part, index) => (index === 0 ? part : [{ text: separator }, ...part]));
}
