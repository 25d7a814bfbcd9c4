import { commentOf } from "./comment";
import { declarationText } from "./declarationText";
import { type PublicDeclaration, publicDeclarations } from "./publicDeclarations";
import type { LinkOf } from "./typeText";
import { wrap } from "./wrap";

/** The page of docs/ that tells of each module of `sdk/` with examples and reasons. */
const GUIDES: Readonly<Record<string, string>> = {
  collector: "tap-service.md#collectors",
  errorCodes: "troubleshooting.md",
  filterRule: "tap-flow.md#filter",
  getTapStatistics: "statistics.md",
  host: "installation.md#hosts",
  mirrorTunnel: "mirror-tunnel.md",
  monitorPort: "monitor-port.md",
  port: "tap-service.md#ports",
  tapFlow: "tap-flow.md",
  tapGroup: "tap-group.md",
  tapService: "tap-service.md",
  verifyTaps: "verify.md",
};

const INTRODUCTION = [
  "Everything that a TypeScript program can import from `pulumi-taas`. These pages are generated from the doc comments in `sdk/`; the [pages by task](../README.md) have whole programs and reasons.",
  "An argument of a resource is a plain value, a promise of one, or an output of another resource (Pulumi's `Input<T>`), and so is each field of an object. The pages say what the value is. Each output is an `Output<T>` of the type that they say. Resources also have `id` and `urn`, and take Pulumi's resource options.",
  "An operation or a function that fails has an error with a `code`, an [`ErrorCode`](error-codes.md). What can be seen without asking a host, such as a number out of its limits, fails the preview with the name of the argument.",
  "Other languages have the same names in their own manner: see [the plugin](../plugin.md). The package's other export, `pulumi-taas/handlers`, is what Pulumi itself loads, and not for programs.",
];

/** A page: what a module of `sdk/` exports. Its title is what the module is named after. */
interface Page {
  file: string;
  title: string;
  guide: string;
  declarations: readonly PublicDeclaration[];
}

/** The pages of the API reference, by their file names in `docs/reference/`. */
export function reference(root: string): ReadonlyMap<string, string> {
  const declarations = publicDeclarations(root);
  const pages = pagesOf([...declarations.values()]);
  const hrefOf = (from: Page, name: string): string | undefined => {
    const page = pages.find(({ declarations: all }) => all.some((each) => each.name === name));
    if (page === undefined) return undefined;
    const anchor = `#${name.toLowerCase()}`;
    return page === from ? anchor : page.title === name ? page.file : `${page.file}${anchor}`;
  };
  const texts = pages.map((page) => [page.file, pageText(page, (name) => hrefOf(page, name))] as const);
  return new Map([["README.md", indexText(pages)], ...texts]);
}

function pagesOf(declarations: readonly PublicDeclaration[]): Page[] {
  const modules = [...new Set(declarations.map(({ module }) => module))];
  return modules.map((module) => {
    const guide = GUIDES[module];
    if (guide === undefined) throw new Error(`no page of docs/ for sdk/${module}.ts: name one in GUIDES`);
    const own = declarations.filter((each) => each.module === module);
    const isMain = ({ name }: PublicDeclaration) => name.toLowerCase() === module.toLowerCase();
    const main = own.find(isMain) ?? own[0]!;
    const isArgs = ({ name }: PublicDeclaration) => name === `${main.name}Args`;
    const place = (each: PublicDeclaration) => (each === main ? 0 : isArgs(each) ? 1 : 2);
    const file = `${module.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.md`;
    return { file, title: main.name, guide, declarations: own.sort((a, b) => place(a) - place(b)) };
  });
}

function pageText({ guide, declarations }: Page, linkOf: LinkOf): string {
  const [main, ...others] = declarations.map((each) => ({
    name: each.name,
    text: declarationText(each, linkOf),
  }));
  const seeAlso = wrap(
    `More about it, with examples: [${guide}](../${guide}). All names: [API reference](README.md).`,
  );
  const sections = others.map(({ name, text }) => `## ${name}\n\n${text}`);
  return `${[`# ${main!.name}`, seeAlso, main!.text, ...sections].join("\n\n")}\n`;
}

function indexText(pages: readonly Page[]): string {
  const rows = pages.map(({ file, title, declarations: [main, ...others] }) => {
    const [first = ""] = commentOf(main!.node, () => undefined).paragraphs;
    const also = others.map(({ name }) => `[\`${name}\`](${file}#${name.toLowerCase()})`).join(", ");
    return `| [${title}](${file}) | ${/^.*?[.:](?= |$)/.exec(first)?.[0].replace(/[.:]$/, "") ?? ""} | ${also} |`;
  });
  const table = ["| Name | What | Also on its page |", "|---|---|---|", ...rows].join("\n");
  return `${["# API reference", ...INTRODUCTION.map((text) => wrap(text)), table].join("\n\n")}\n`;
}
