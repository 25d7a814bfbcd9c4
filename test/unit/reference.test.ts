import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import ts from "typescript";
import * as z from "zod";
import { ERROR_CODES } from "../../provider/errorCodes";
import { filterRule } from "../../provider/schema/filter";
import { flowArgs } from "../../provider/schema/flow";
import { monitorPortArgs } from "../../provider/schema/monitorPort";
import type { Options } from "../../provider/schema/options";
import { serviceArgs } from "../../provider/schema/service";
import { tunnelArgs } from "../../provider/schema/tunnel";
import { verifyOptions } from "../../provider/schema/verify";
import { commentOf } from "../../scripts/reference/comment";
import { propertiesOf } from "../../scripts/reference/members";
import { publicDeclarations } from "../../scripts/reference/publicDeclarations";
import { reference } from "../../scripts/reference/reference";
import { repositoryRoot } from "../engine/fixtureProject";

const root = repositoryRoot();
const folder = join(root, "docs/reference");
const declarations = publicDeclarations(root);

/** What a declaration consists of that a program sees: itself, its members and those of the objects within. */
function partsOf(node: ts.Node): ts.Node[] {
  const found: ts.Node[] = [node];
  const visit = (child: ts.Node): void => {
    if (ts.isBlock(child) || ts.isParameter(child.parent)) return;
    if (ts.isConstructorDeclaration(child) || ts.isMethodDeclaration(child)) found.push(child);
    else if (ts.isPropertySignature(child) || ts.isPropertyDeclaration(child))
      found.push(...propertiesOf([child]));
    ts.forEachChild(child, visit);
  };
  ts.forEachChild(node, visit);
  return found;
}

/** The text of a doc comment on one line. */
function told(node: ts.Node): string {
  return commentOf(node, () => undefined).paragraphs.join(" ");
}

function nameOf(node: ts.Node): string {
  return (node as ts.NamedDeclaration).name?.getText() ?? "constructor";
}

/** The properties of a declared object by name; of a function, those of its argument. */
function membersOf(name: string): ReadonlyMap<string, ts.Node> {
  const { node } = declarations.get(name)!;
  const members = ts.isFunctionDeclaration(node)
    ? (node.parameters[0]!.type as ts.TypeLiteralNode).members
    : (node as ts.InterfaceDeclaration).members;
  return new Map(propertiesOf(members).map((member) => [nameOf(member), member]));
}

/** The default, limits and choices of an option, as a doc comment writes them. */
function limitsOf(option: z.ZodType): string[] {
  const schema = z.toJSONSchema(option, { io: "input", unrepresentable: "any" });
  const { default: standard, minimum, maximum, enum: choices = [] } = schema;
  const limits = [minimum, maximum].filter((limit) => limit !== undefined && Math.abs(limit) < 2 ** 32);
  const values = [typeof standard === "object" ? undefined : standard, ...limits, ...choices];
  return values.filter((value) => value !== undefined).map(String);
}

describe("the API reference", () => {
  const pages = reference(root);

  it("is what the doc comments come to (else: npm run build, npm run generate)", () => {
    const stored = readdirSync(folder).map(
      (name) => [name, readFileSync(join(folder, name), "utf8")] as const,
    );
    expect(Object.fromEntries(stored)).to.deep.equal(Object.fromEntries(pages));
  });

  it("has everything that a program can import", () => {
    const headings = [...pages.values()].flatMap((text) => [...text.matchAll(/^##? (\w+)$/gm)]);
    expect(declarations.size).to.be.greaterThan(30);
    expect(headings.map(([, name]) => name)).to.include.members([...declarations.keys()]);
  });

  for (const { name, node } of declarations.values()) {
    it(`has a sentence for ${name} and for each of its members`, () => {
      for (const part of partsOf(node)) expect(told(part), nameOf(part)).to.match(/^[A-Z\d`].*\.$/);
    });
  }

  it("says of each optional argument what holds without it", () => {
    const args = [...declarations.values()].filter(({ node }) => /\bInput</.test(node.getText()));
    const optional = args.flatMap(({ name, node }) =>
      partsOf(node)
        .filter((part) => ts.isPropertySignature(part) && part.questionToken !== undefined)
        .map((part) => [`${name}.${nameOf(part)}`, told(part)] as const),
    );
    expect(optional.length).to.be.greaterThan(60);
    for (const [name, text] of optional)
      expect(text, name).to.match(/\b[Dd]efault\b|instead of|[Rr]equired unless/);
  });

  for (const [name, schema] of [
    ["TapServiceArgs", serviceArgs],
    ["TapFlowArgs", flowArgs],
    ["MirrorTunnelArgs", tunnelArgs],
    ["MonitorPortArgs", monitorPortArgs],
    ["FilterRule", filterRule.shape],
    ["verifyTaps", verifyOptions],
  ] as const) {
    it(`has the default, limits and choices of each option of ${name}`, () => {
      const members = membersOf(name);
      for (const [option, type] of Object.entries(schema as Options)) {
        if (option === "owner") continue;
        const member = members.get(option)!;
        const text = `${told(member)} ${(member as ts.PropertySignature).type!.getText()}`;
        for (const value of limitsOf(type)) expect(text, option).to.include(value);
      }
    });
  }

  it("names only types that it has, and those of Pulumi and of the language", () => {
    const foreign = [
      "ComponentResourceOptions",
      "CustomResourceOptions",
      "Input",
      "Output",
      "Promise",
      "Record",
    ];
    const named = [...declarations.values()].flatMap(({ node }) => {
      const found: string[] = [];
      const visit = (child: ts.Node): void => {
        if (ts.isBlock(child)) return;
        if (ts.isTypeReferenceNode(child)) found.push(child.typeName.getText());
        ts.forEachChild(child, visit);
      };
      visit(node);
      return found;
    });
    expect([...declarations.keys(), ...foreign]).to.include.members([...new Set(named)]);
  });

  it("has each error of a port, a service, a flow and a tunnel with what it is an error of, and no other code", () => {
    const errors = [...declarations.values()].flatMap(({ node }) => commentOf(node, () => undefined).errors);
    const named = new Set(
      errors.flatMap((error) => [...error.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, code]) => code!)),
    );
    const others = ["integration-bridge", "vhost-user"];
    expect([...ERROR_CODES, ...others]).to.include.members([...named]);
    const troubleshooting = readFileSync(join(root, "docs/troubleshooting.md"), "utf8").split(/^## /m);
    const codes = troubleshooting
      .filter((section) => /^(Ports|Services, flows and tunnels)\n/.test(section))
      .flatMap((section) => [...section.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code!));
    expect(codes.length).to.be.greaterThan(30);
    expect([...named]).to.include.members(codes);
  });
});
