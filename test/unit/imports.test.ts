import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, relative } from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { repositoryRoot } from "../engine/fixtureProject";

interface Import {
  file: string;
  /** What is imported, as a path from the root where it is a file of this project. */
  from: string;
  kind: "type" | "value";
}

const root = repositoryRoot();

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name));
}

/** Whether nothing of an import remains once the types are gone. */
function isType(clause: ts.ImportClause | ts.ExportDeclaration | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  if (ts.isExportDeclaration(clause)) {
    const names = clause.exportClause;
    return names !== undefined && ts.isNamedExports(names) && names.elements.every((name) => name.isTypeOnly);
  }
  const names = clause.namedBindings;
  return (
    clause.name === undefined &&
    names !== undefined &&
    ts.isNamedImports(names) &&
    names.elements.every((name) => name.isTypeOnly)
  );
}

/** All that a file imports, exports from elsewhere, or requires by a literal name. */
function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, kind: Import["kind"]): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const { text } = specifier;
    found.push({ file, from: text.startsWith(".") ? relative(".", join(file, "..", text)) : text, kind });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isType(node.importClause) ? "type" : "value");
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, isType(node) ? "type" : "value");
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, "type");
    else if (
      ts.isCallExpression(node) &&
      (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText(source) === "require")
    )
      add(node.arguments[0], "value");
    ts.forEachChild(node, visit);
  };
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.ES2022);
  visit(source);
  return found;
}

function importsIn(...folders: string[]): Import[] {
  return folders.flatMap(sources).flatMap(importsOf);
}

/** Imports as the failure shows them. */
function shown(imports: readonly Import[]): string[] {
  return imports.map(({ file, from }) => `${file} imports ${from}`);
}

const INPUT_AND_OUTPUT =
  /^(node:)?(fs|net|tls|http|https|http2|dgram|dns|child_process|worker_threads|cluster|readline|repl|timers)(\/|$)|^(ssh2|execa)(\/|$)|^provider\/(converge|host|resource)(\/|$)|^provider\/(handlers|provider|runtime|settings)$|^provider\/ovs\/(ovsdbClient|ofctl|pushFlows|diffFlows|dumpFlows|foreignFlow|readFacts|applied)$/;

/** Chains of files that end where they began; one for each file that closes one. */
function circles(reached: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) found.push([...way.slice(way.indexOf(file)), file].join(" -> "));
    if (done.has(file) || way.includes(file)) return;
    for (const next of reached.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of reached.keys()) visit(file, []);
  return found;
}

/** The files that are loaded once a check has been made, by a process that does nothing else. */
function loadedByCheck(handlers: string): string[] {
  const script = `
require(${JSON.stringify(handlers)})
  .MirrorTunnel.check({}, { owner: "o/p/s/MirrorTunnel/t", hosts: ["one", "two"] })
  .then(({ failures }) => console.log(JSON.stringify([failures, Object.keys(require.cache)])));`;
  // Without what the suite has every process load.
  const env = { ...process.env, NODE_OPTIONS: "" };
  const answer = execFileSync(process.execPath, ["-e", script], { encoding: "utf8", env });
  const [failures, loaded] = JSON.parse(answer) as [unknown[], string[]];
  expect(failures).to.deep.equal([]);
  return loaded;
}

describe("imports", () => {
  it("of sdk/ take values only from provider/face/, and call the handlers by the package's name", () => {
    const imports = importsIn("sdk");
    const taken = imports.filter(({ from, kind }) => from.startsWith("provider") && kind === "value");
    expect(shown(taken.filter(({ from }) => !from.startsWith("provider/face/")))).to.deep.equal([]);
    const called = imports.filter(({ from }) => from.startsWith("pulumi-taas")).map(({ from }) => from);
    expect(new Set(called)).to.deep.equal(new Set(["pulumi-taas/handlers"]));
  });

  it("of provider/face/ do not exist: programs load it as it is", () => {
    expect(shown(importsIn("provider/face"))).to.deep.equal([]);
  });

  it("of the faces of provider/ reach no other face", () => {
    for (const face of ["cli", "plugin", "sdk"]) {
      const reached = importsIn(face).filter(({ from }) => /^(cli|plugin|sdk)(\/|$)/.test(from));
      expect(shown(reached.filter(({ from }) => !from.startsWith(face)))).to.deep.equal([]);
    }
  });

  it("of provider/ never reach Pulumi, the program side or the commands", () => {
    const imports = importsIn("provider");
    const reached = imports.filter(({ from }) =>
      /^(@pulumi|pulumi-taas|cli|console|plugin|sdk|test)(\/|$)/.test(from),
    );
    expect(shown(reached)).to.deep.equal([]);
  });

  it("of cli/ are only from provider/, and what is bundled with it", () => {
    const imports = importsIn("cli");
    const others = imports.filter(
      ({ file, from }) =>
        !/^(cli|provider|node:)/.test(from) &&
        !["commander", "prom-client", "yaml"].includes(from) &&
        // The command that serves the console is all that the commands know of it.
        !(file === "cli/console.ts" && from === "console/server/start.js"),
    );
    expect(imports.length).to.be.greaterThan(20);
    expect(shown(others)).to.deep.equal([]);
  });

  it("of console/server are only from provider/, and reach Pulumi through its automation API", () => {
    const imports = importsIn("console/server");
    const known =
      /^(console\/server\/|console\/api\/|provider\/|node:|yaml$|zod$|@pulumi\/pulumi\/automation)/;
    expect(imports.length).to.be.greaterThan(100);
    expect(shown(imports.filter(({ from }) => !known.test(from)))).to.deep.equal([]);
    const ofApi = imports.filter(({ from }) => from.startsWith("console/api/"));
    expect(ofApi.length).to.be.greaterThan(20);
    expect(shown(ofApi.filter(({ kind }) => kind === "value"))).to.deep.equal([]);
  });

  it("of provider/model, provider/plan and provider/schema do no input or output", () => {
    const imports = importsIn("provider/model", "provider/plan", "provider/schema");
    const done = imports.filter(({ from, kind }) => kind === "value" && INPUT_AND_OUTPUT.test(from));
    expect(imports.length).to.be.greaterThan(50);
    // What reads the text of an IP address is in node:net, and opens nothing.
    const isIp =
      /^import \{ (isIP|isIPv4|isIPv6|SocketAddress)(, (isIP|isIPv4|isIPv6|SocketAddress))* \} from "node:net";$/m;
    const others = done.filter(
      ({ file, from }) => from !== "node:net" || !isIp.test(readFileSync(join(root, file), "utf8")),
    );
    expect(shown(others)).to.deep.equal([]);
  });

  it("of console/web/ take only types from outside it", () => {
    const imports = importsIn("console/web").filter(({ kind }) => kind === "value");
    const taken = imports.filter(({ from }) => !/^(console\/web\/|preact(\/hooks)?$)/.test(from));
    expect(imports.length).to.be.greaterThan(50);
    expect(shown(taken)).to.deep.equal([]);
  });

  it("of the handlers load nothing for operations before the first of them", () => {
    const handlers = join(root, "dist/provider/handlers.js");
    const loaded = loadedByCheck(handlers);
    expect(loaded).to.include(join(root, "dist/provider/resource/tunnelChecks.js"));
    const forOperations = loaded.filter((file) =>
      /provider\/(operations|runtime|converge\/converge)\.js$/.test(file),
    );
    expect(forOperations).to.deep.equal([]);
  }).timeout(10_000);

  it("of the handlers are one file in what is published, with the licence of what is in it", () => {
    const bundle = require.resolve("pulumi-taas/handlers", { paths: [root] });
    expect(loadedByCheck(bundle)).to.deep.equal([bundle]);
    for (const file of [bundle, join(root, "dist/cli.js"), join(root, "plugin/plugin.js")]) {
      const text = readFileSync(file, "utf8");
      const banner = text.slice(0, text.indexOf("*/"));
      expect(banner).to.include("Permission is hereby granted");
      const named = [...banner.matchAll(/^ \* With (.*), whose license is:$/gm)].flatMap(([, names]) =>
        names!.split(", "),
      );
      const bundled = [...text.matchAll(/^ *\/\/ .*node_modules\/((?:@[^/\n]+\/)?[^/\n]+)/gm)].map(
        ([, name]) => name,
      );
      expect(bundled).to.include.members(["zod", "execa"]);
      expect(new Set(named)).to.deep.equal(new Set(bundled));
      const required = [...text.matchAll(/\brequire\("([^"]*)"\)/g)]
        .map(([, name]) => name!)
        // The code that the plugin writes into the state has the name of the handlers.
        .filter((name) => !isBuiltin(name) && name !== "pulumi-taas/handlers");
      expect(new Set(required)).to.deep.equal(new Set(["ssh2"]));
    }
  }).timeout(10_000);

  it("of provider/ never form a cycle, including types", () => {
    const reached = new Map<string, string[]>();
    for (const { file, from } of importsIn("provider")) {
      const to = `${from.replace(/\.js$/, "")}.ts`;
      if (from.startsWith("provider")) reached.set(file, [...(reached.get(file) ?? []), to]);
    }
    expect(reached.size).to.be.greaterThan(150);
    expect(circles(reached)).to.deep.equal([]);
  });

  it("of tests and equipment are not reached from the package", () => {
    const imports = importsIn("cli", "console/server", "plugin", "sdk", "provider");
    expect(shown(imports.filter(({ from }) => from.startsWith("test/")))).to.deep.equal([]);
  });
});
