import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import ts from "typescript";
import { reference } from "../../scripts/reference/reference";
import { repositoryRoot } from "../engine/fixtureProject";
import { sampleOf } from "../sample";

const root = repositoryRoot();
const folder = join(root, "test/types");

const OPTIONS: ts.CompilerOptions = {
  ...{ strict: true, noUncheckedIndexedAccess: true, noEmit: true, skipLibCheck: true, types: [] },
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
};

/** Files as they are read, but for some whose text is another one. What was parsed once is kept. */
class Compiler {
  private readonly parsed = new Map<string, ts.SourceFile | undefined>();
  private readonly host = ts.createCompilerHost(OPTIONS);
  private before: ts.Program | undefined;

  /** What the compiler says of some files, each as the name of a file, a line and a text. */
  errors(files: readonly string[], texts: ReadonlyMap<string, string> = new Map()): string[] {
    const host: ts.CompilerHost = {
      ...this.host,
      fileExists: (name) => texts.has(name) || this.host.fileExists(name),
      readFile: (name) => texts.get(name) ?? this.host.readFile(name),
      getSourceFile: (name, language) => {
        const text = texts.get(name);
        return text === undefined ? this.source(name, language) : ts.createSourceFile(name, text, language);
      },
    };
    const program = ts.createProgram(files, OPTIONS, host, this.before);
    this.before = program;
    return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
      const name = file?.fileName.slice(root.length + 1);
      return `${name}:${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
  }

  private source(
    name: string,
    language: ts.ScriptTarget | ts.CreateSourceFileOptions,
  ): ts.SourceFile | undefined {
    if (!this.parsed.has(name)) this.parsed.set(name, this.host.getSourceFile(name, language));
    return this.parsed.get(name);
  }
}

/** Changes of the package's declarations: a file of `dist/`, what is in it, and what somebody might make of it. */
const CHANGES = [
  ["sdk/tapFlow.d.ts", 'direction?: Input<"ingress" | "egress" | "both">', "direction?: Input<string>"],
  ["sdk/tapFlow.d.ts", "readonly portNames: Output<string[]>", "readonly portNames: Output<string>"],
  ["sdk/tapFlow.d.ts", "readonly until: Output<string | undefined>", "readonly until: Output<string>"],
  ["sdk/tapFlow.d.ts", "service: TapService |", "service?: TapService |"],
  ["sdk/tapFlow.d.ts", "kbps?: never", "kbps?: Input<number>"],
  ["sdk/tapService.d.ts", "readonly ref: Output<TapServiceRef>", "readonly ref: Output<any>"],
  ["sdk/tapService.d.ts", "port?: MonitorPort |", "port?:"],
  ["sdk/mirrorTunnel.d.ts", '"vxlan" | "geneve" | "gre"', '"vxlan" | "geneve" | "gre" | "erspan"'],
  ["sdk/monitorPort.d.ts", "host: Input<Host>", "host?: Input<Host>"],
  ["sdk/port.d.ts", "vnic?: never", "vnic?: Input<number>"],
  ["sdk/host.d.ts", "address: Input<string>", "address?: Input<string>"],
  ["sdk/host.d.ts", "name: string", "name?: string"],
  ["sdk/filterRule.d.ts", 'action: Input<"accept" | "reject">', 'action?: Input<"accept" | "reject">'],
  ["sdk/tapGroup.d.ts", "hosts: Host[]", "hosts: Input<Host[]>"],
  ["sdk/verifyTaps.d.ts", "window?: number", "window: number"],
  ["provider/statistics/statistics.d.ts", "copied: Count", "copied: number"],
  ["provider/verify/verification.d.ts", '"proved" | "no-traffic"', '"proven" | "no-traffic"'],
] as const;

describe("the types of the package", function () {
  this.timeout(120_000);
  const files = readdirSync(folder).map((name) => join(folder, name));
  const compiler = new Compiler();

  it("take what the documentation says, refuse what it does not, and are those that programs rely on", () => {
    expect(files).to.have.length.greaterThan(3);
    expect(compiler.errors(files)).to.deep.equal([]);
  });

  it("take the examples of the reference", () => {
    const programs = [...reference(root)].flatMap(([page, text]) =>
      [...text.matchAll(/^```ts\n(import .*?)^```$/gms)].map(([, program], index): [string, string] => [
        join(folder, `${page}-${index}.ts`),
        program!,
      ]),
    );
    expect(programs).to.have.length.greaterThan(5);
    expect(
      compiler.errors(
        programs.map(([name]) => name),
        new Map(programs),
      ),
    ).to.deep.equal([]);
  });

  for (const [file, from, to] of sampleOf(CHANGES, 2)) {
    it(`are not the same with ${to} in ${file}`, () => {
      const path = join(root, "dist", file);
      const text = readFileSync(path, "utf8");
      expect(text, "what is to be changed").to.include(from);
      expect(compiler.errors(files, new Map([[path, text.replace(from, to)]]))).to.not.deep.equal([]);
    });
  }
});
