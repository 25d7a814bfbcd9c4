import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import * as z from "zod";
import { Output } from "../../cli/output";
import { program } from "../../cli/program";
import { ERROR_CODES } from "../../provider/errorCodes";
import { filterRule } from "../../provider/schema/filter";
import { flowArgs } from "../../provider/schema/flow";
import { hostRecord } from "../../provider/schema/host";
import { monitorPortArgs } from "../../provider/schema/monitorPort";
import type { Options } from "../../provider/schema/options";
import { serviceArgs } from "../../provider/schema/service";
import { settingOptions } from "../../provider/schema/settings";
import { tunnelArgs } from "../../provider/schema/tunnel";
import { packageSchema } from "../../scripts/packageSchema/packageSchema";
import { repositoryRoot } from "../engine/fixtureProject";

const root = repositoryRoot();
const documents = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
const pages = ["README.md", ...documents.map((name) => join("docs", name))];
const references = readdirSync(join(root, "docs/reference")).map((name) => join("docs/reference", name));
const examples = readdirSync(join(root, "examples")).map((name) => `examples/${name}/README.md`);
const everyPage = [
  ...pages,
  ...references,
  ...readdirSync(root).filter((name) => name.endsWith(".md") && name !== "README.md"),
  "test/README.md",
  ".github/PULL_REQUEST_TEMPLATE.md",
  ...examples,
];

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The texts of all sources that throw errors with a code. */
function sources(): string[] {
  return ["cli", "plugin", "provider"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => read(join(folder, name))),
  );
}

/** The part of a page under a heading. */
function section(page: string, heading: string): string {
  const parts = read(page).split(/^## /m);
  const found = parts.find((part) => part.startsWith(`${heading}\n`));
  expect(found, `${page} has no section ${heading}`).to.be.a("string");
  return found!;
}

/** The code words in the first column of a section's tables. */
function firstColumn(text: string): string[] {
  const cells = text.split("\n").flatMap((line) => /^\| ([^|]*) \|/.exec(line)?.[1] ?? []);
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)).sort();
}

/** The rows of a section's tables by the code words of their first cells, each with all its text. */
function rows(text: string): Map<string, string> {
  const found = text.split("\n").flatMap((line) => {
    const first = /^\| ([^|]*) \|/.exec(line)?.[1] ?? "";
    return [...first.matchAll(/`([^`]+)`/g)].map((match) => [match[1]!, line] as const);
  });
  return new Map(found);
}

/** What a table must say of an option: its default, limits and choices, as a program writes them. */
function told(option: z.ZodType): string[] {
  const schema = z.toJSONSchema(option, { io: "input", unrepresentable: "any" });
  const bounds =
    schema.minimum === undefined || Math.abs(schema.minimum) > 2 ** 32
      ? []
      : [schema.minimum, schema.maximum];
  const values = [schema.default, ...bounds, ...(schema.enum ?? [])];
  return values
    .filter((value) => value !== undefined && typeof value !== "object")
    .map((value) => JSON.stringify(value));
}

/** The lines of a page's prose by their numbers: without code blocks, tables and recorded measurements. */
function prose(page: string): [number, string][] {
  const blank = (block: string) => block.replaceAll(/.+/g, "");
  const text = read(page)
    .replaceAll(/^ *```.*?^ *```$/gms, blank)
    .replaceAll(/<!-- (\w+) -->.*?<!-- end of \1 -->/gs, blank);
  const lines = text.split("\n").map((line, index): [number, string] => [index + 1, line]);
  return lines.filter(([, line]) => !line.startsWith("|"));
}

/** Where a heading is linked to. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .trim()
    .replaceAll(" ", "-");
}

describe("the documentation", () => {
  it("has every error code, and no other", () => {
    expect(firstColumn(read("docs/troubleshooting.md"))).to.deep.equal([...ERROR_CODES].sort());
  });

  it("has no error code that is never thrown", () => {
    const codes = sources()
      .flatMap((text) => [...text.matchAll(/\bcode: ([^,\n]*)/g)])
      .flatMap((match) => [...match[1]!.matchAll(/"([a-z]+(?:-[a-z]+)*)"/g)].map(([, code]) => code!))
      // zod's own code for a refusal of ours, which is a failure of check and not an error.
      .filter((code) => code !== "custom");
    expect([...new Set(codes)].sort()).to.deep.equal([...ERROR_CODES].sort());
  });

  it("quotes words of each error that its message has", () => {
    const messages = sources()
      .join("\n")
      .replaceAll(/^ *(\/\/|\/?\*).*$/gm, "")
      .replaceAll(/\\(["`])/g, "$1");
    const quotes = read("docs/troubleshooting.md")
      .split("\n")
      .flatMap((line) => /^\| `[^|]*\| ([^|]*) \|/.exec(line)?.[1] ?? [])
      .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, quote]) => quote!.split("...")))
      .map((words) => words.trim());
    expect(quotes.length).to.be.greaterThan(ERROR_CODES.length);
    expect(quotes.filter((words) => !messages.includes(words))).to.deep.equal([]);
  });

  for (const [page, heading, schema] of [
    ["docs/tap-service.md", "Arguments", serviceArgs],
    ["docs/tap-flow.md", "Arguments", flowArgs],
    ["docs/mirror-tunnel.md", "Arguments", tunnelArgs],
    ["docs/monitor-port.md", "Arguments", monitorPortArgs],
    ["docs/tap-flow.md", "Filter", filterRule.shape],
  ] as const) {
    it(`has every argument under "${heading}" of ${page}, and no other`, () => {
      const names = Object.keys(schema).filter((name) => name !== "owner");
      expect(firstColumn(section(page, heading))).to.deep.equal(names.sort());
    });

    it(`has the default, limits and choices of each under "${heading}" of ${page}`, () => {
      const table = rows(section(page, heading));
      for (const [name, option] of Object.entries(schema as Options)) {
        if (
          name === "owner" ||
          (page.endsWith("tap-flow.md") && heading === "Filter" && name === "snapLength")
        )
          continue;
        for (const value of told(option)) expect(table.get(name), name).to.include(value);
      }
    });
  }

  it("has every setting of the stack with its default", () => {
    const table = rows(read("docs/installation.md"));
    for (const [key, option] of Object.entries(settingOptions)) {
      expect(table.get(`taas:${key}`), key).to.be.a("string");
      const { default: byDefault } = z.toJSONSchema(option);
      if (byDefault !== undefined)
        expect(table.get(`taas:${key}`), key).to.match(new RegExp(`\\| ${byDefault} \\|$`));
    }
  });

  it("has every field of a host", () => {
    const fields = Object.keys(hostRecord.shape);
    expect(firstColumn(section("docs/installation.md", "Hosts"))).to.include.members(fields);
  });

  it("has every command and every option of it, on a page of its own or the common one", () => {
    const run = { output: new Output("text"), signal: new AbortController().signal, ended: () => {} };
    const { commands } = program("", run);
    expect(commands.length).to.be.greaterThan(0);
    const common = read("docs/commands.md");
    for (const command of commands) {
      const page = read(`docs/${command.name()}.md`);
      expect(common, command.name()).to.include(`](${command.name()}.md)`);
      for (const one of [command, ...command.commands]) {
        expect(page).to.include(`pulumi-taas ${command === one ? "" : `${command.name()} `}${one.name()}`);
        for (const { long } of one.options) expect(page + common, one.name()).to.include(`\`${long}`);
      }
    }
  });

  it("links from its index to every page, and to each example's", () => {
    const reached = new Set<string>();
    const visit = (page: string): void => {
      if (reached.has(page) || !existsSync(join(root, page))) return;
      reached.add(page);
      if (!page.startsWith("docs/") || !page.endsWith(".md")) return;
      for (const [, target] of read(page).matchAll(/\]\(((?!https:)[^)#]+)/g))
        visit(join(dirname(page), target!));
    };
    visit("docs/README.md");
    expect([...reached]).to.include.members([
      ...documents.map((name) => join("docs", name)),
      ...references,
      ...examples,
    ]);
  });

  it("links to pages and headings that exist", () => {
    for (const page of everyPage) {
      for (const [, target] of read(page).matchAll(/\]\(((?!https:)[^)]+)\)/g)) {
        const [path, fragment] = target!.split("#") as [string, string | undefined];
        const linked = path === "" ? page : join(dirname(page), path);
        expect(existsSync(join(root, linked)), `${page} links to ${target}`).to.equal(true);
        if (fragment === undefined) continue;
        const headings = [...read(linked).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading!));
        expect(headings, `${page} links to ${target}`).to.include(fragment);
      }
    }
  });

  it("runs no package that is not installed, which npx would take from a registry without a question", () => {
    const wrong = everyPage.flatMap((page) => [
      ...[...read(page).matchAll(/npx (?!--no )[^`\n]*pulumi-taas[^`\n]*/g)].map(
        ([command]) => `${page}: ${command}`,
      ),
      ...[...read(page).matchAll(/^Exec\w+=.*\bnpx\b.*$/gm)].map(([line]) => `${page}: ${line}`),
    ]);
    expect(wrong).to.deep.equal([]);
  });

  it("wraps its prose at 120 columns", () => {
    const long = everyPage.flatMap((page) =>
      prose(page)
        .filter(([, line]) => line.length > 120)
        .map(([number, line]) => `${page}:${number} has ${line.length}`),
    );
    expect(long).to.deep.equal([]);
  });

  for (const [kind, page] of [
    ["TapService", "docs/tap-service.md"],
    ["TapFlow", "docs/tap-flow.md"],
    ["MirrorTunnel", "docs/mirror-tunnel.md"],
    ["MonitorPort", "docs/monitor-port.md"],
  ] as const) {
    it(`has every output of a ${kind} that is no argument, and no other`, () => {
      const { inputProperties, properties } = packageSchema(root).resources[`taas:index:${kind}`]!;
      const spoken = firstColumn(section(page, "Outputs"));
      expect(Object.keys(properties)).to.include.members(spoken);
      expect(spoken).to.include.members(Object.keys(properties).filter((name) => !(name in inputProperties)));
    });
  }
});
