import { expect } from "chai";
import { addResources, deleteResource } from "../../../console/server/program/edit";
import { programResources, readProgram } from "../../../console/server/program/program";
import { unifiedDiff } from "../../../console/server/program/unifiedDiff";

const FLOW = {
  key: "web",
  type: "taas:TapFlow",
  properties: { service: "$".concat("{ids.ref}"), host: "host1", port: "tap-web" },
};

const BLOCK = `  web:
    type: taas:TapFlow
    properties:
      service: \${ids.ref}
      host: host1
      port: tap-web
`;

const HEAD = "name: taps # ours\nruntime: {name:   yaml}\n\nconfig: {a:   {default: 'x'}}\n\n";

const SERVICE = `  # the monitor
  'ids':   # why not
        type:   "taas:TapService"
        properties: {host:   host2,
          port: tap-ids}   # in braces
        # the end of ids
`;

/** Programs before and after the addition; deleting it again gives back the bytes of before. */
const PROGRAMS: Record<string, [string, string]> = {
  "in the middle of a file": [
    `${HEAD}resources:\n${SERVICE}\n# outputs\noutputs: {id:   "\${ids.tunnelId}"}\n`,
    `${HEAD}resources:\n${SERVICE}${BLOCK}\n# outputs\noutputs: {id:   "\${ids.tunnelId}"}\n`,
  ],
  "at the end of a file": [`${HEAD}resources:\n${SERVICE}`, `${HEAD}resources:\n${SERVICE}${BLOCK}`],
  "after a block of text": [
    `${HEAD}resources:\n  ids:\n    type: other:Thing\n    properties:\n      text: |\n        a\n\n        b\noutputs:\n  a: b\n`,
    `${HEAD}resources:\n  ids:\n    type: other:Thing\n    properties:\n      text: |\n        a\n\n        b\n${BLOCK}outputs:\n  a: b\n`,
  ],
  "into an empty mapping": [
    `${HEAD}resources: {} # none yet\noutputs: {}\n`,
    `${HEAD}resources: # none yet\n${BLOCK}outputs: {}\n`,
  ],
  "with line breaks of another kind": [
    `${HEAD}resources:\n${SERVICE}`.replaceAll("\n", "\r\n"),
    `${HEAD}resources:\n${SERVICE}${BLOCK}`.replaceAll("\n", "\r\n"),
  ],
  "with keys four columns in": [
    "name: a\nruntime: yaml\nresources:\n    x:\n        type: other:Thing\n",
    `name: a\nruntime: yaml\nresources:\n    x:\n        type: other:Thing\n${BLOCK.replace(/^/gm, "  ").trimEnd()}\n`,
  ],
};

describe("the console's program", () => {
  for (const [name, [before, after]] of Object.entries(PROGRAMS)) {
    it(`gets a resource ${name}, and loses it again, byte for byte`, () => {
      expect(addResources(readProgram(before), FLOW)).to.equal(after);
      expect(deleteResource(readProgram(after), "web")).to.equal(before);
    });
  }

  it("keeps comments between resources when one is deleted", () => {
    const text = `${HEAD}resources:\n${SERVICE}  # of web\n${BLOCK}  # of others\n  other:\n    type: x:Y\n`;
    expect(deleteResource(readProgram(text), "web")).to.equal(text.replace(BLOCK, ""));
  });

  it("gets its first resource where nothing says resources, or nothing stands there", () => {
    expect(addResources(readProgram("name: a\nruntime: yaml"), FLOW)).to.equal(
      `name: a\nruntime: yaml\nresources:\n${BLOCK}`,
    );
    expect(addResources(readProgram("name: a\nresources:\nruntime: yaml\n"), FLOW)).to.equal(
      `name: a\nresources:\n${BLOCK}runtime: yaml\n`,
    );
  });

  it("keeps a resource that others use, and says where", () => {
    const text = `${HEAD}resources:\n${SERVICE}${BLOCK}outputs:\n  list: ["\${ids.tunnelId}"]\n`;
    expect(() => deleteResource(readProgram(text), "ids")).to.throw(
      "other parts of the program use ids: resources.web.properties.service, outputs.list",
    );
  });

  it("stays unchanged if a resource's anchor is used elsewhere", () => {
    const text = "name: a\nruntime: yaml\nresources:\n  x: &x\n    type: a:B\n  y: *x\n";
    expect(() => deleteResource(readProgram(text), "x")).to.throw("an alias of YAML");
  });

  it("takes what Pulumi evaluates for a use, and not what is text", () => {
    const ref = "$".concat("{ids.ref}");
    const using = (text: string) => readProgram(`${HEAD}resources:\n${SERVICE}outputs:\n  ref: '${text}'\n`);
    for (const use of [ref, `$$${ref}`, `a $$$$${ref}`])
      expect(() => deleteResource(using(use), "ids")).to.throw(
        "other parts of the program use ids: outputs.ref",
      );
    for (const text of [`$${ref}`, `$$$${ref}`]) expect(deleteResource(using(text), "ids")).to.include(text);
  });

  it("says what its arguments stand for, and which of them are computed", () => {
    const ref = "$".concat("{ids.ref}");
    const flow = { ...FLOW, properties: { service: ref, tenant: "a$$b", port: { name: `$${ref}` } } };
    const text = addResources(readProgram("name: a\nruntime: yaml\n"), flow);
    const [resource] = programResources(readProgram(text), { organization: "acme", stack: "prod" });
    expect(resource!.properties).to.deep.equal({ service: ref, tenant: "a$b", port: { name: ref } });
    expect(resource!.computed).to.deep.equal(["service"]);
  });

  it("takes a null for an absent argument, as Pulumi does", () => {
    const properties = "collector: , port: { name: x, tag: }, list: [~]";
    const text = `name: a\nruntime: yaml\nresources:\n  ids:\n    type: taas:TapService\n    properties: { ${properties} }\n`;
    const [resource] = programResources(readProgram(text), { organization: "acme", stack: "prod" });
    expect(resource!.properties).to.deep.equal({ port: { name: "x" }, list: [null] });
  });

  it("refuses a name that it already has", () => {
    const program = readProgram(`${HEAD}resources:\n${SERVICE}${BLOCK}`);
    expect(() => addResources(program, FLOW)).to.throw("the program already has a resource web");
  });

  it("is refused if it cannot be edited", () => {
    const wrong: [string, string][] = [
      ["a: [", "the program is not valid YAML"],
      ["just text", "not a YAML mapping"],
      ["name: a\nruntime: nodejs\n", 'runtime is "nodejs"'],
      ["name: a\nruntime: yaml\nresources: []\n", "is not a mapping"],
      ["name: a\nruntime: yaml\nresources: {a: {type: x:Y}}\n", "written in braces"],
      ["name: a\nname: b\nruntime: yaml\n", "the program is not valid YAML"],
    ];
    for (const [text, message] of wrong) expect(() => readProgram(text), text).to.throw(message);
  });

  it("is not edited if the addition could not stand there by itself, and says so", () => {
    const program = readProgram("name: a\nruntime: yaml\nresources: !!map {}\n");
    expect(() => addResources(program, FLOW)).to.throw("written in a way that the console cannot edit");
  });

  it("gets text in quotes that YAML 1.1 would parse as a number, a time or a boolean", () => {
    const texts = ["1_000", "012", "12:30:45", "2030-01-01T00:00:00Z", "yes", "off"];
    for (const port of texts)
      expect(addResources(readProgram(HEAD), { ...FLOW, properties: { port } })).to.include(
        `port: "${port}"\n`,
      );
  });

  it("has the owners of its resources on hosts", () => {
    const text = `${HEAD}resources:\n${SERVICE}${BLOCK}  named:\n    type: taas:index:TapFlow\n    name: other name\n  x:\n    type: a:B\n`;
    const found = programResources(readProgram(text), { organization: "acme", stack: "prod" });
    expect(found.map(({ key, kind, owner }) => [key, kind, owner])).to.deep.equal([
      ["ids", "TapService", "acme/taps/prod/TapService/ids"],
      ["web", "TapFlow", "acme/taps/prod/TapFlow/web"],
      ["named", "TapFlow", "acme/taps/prod/TapFlow/other%20name"],
    ]);
    expect(found[0]!.properties).to.deep.equal({ host: "host2", port: "tap-ids" });
  });

  it("is compared line by line", () => {
    const text = "1\n2\n3\n4\n5\n6\n7\n8\n";
    expect(unifiedDiff("Pulumi.yaml", text, text)).to.equal("");
    expect(unifiedDiff("Pulumi.yaml", text, text.replace("5\n", "5\nx\n"))).to.equal(
      "--- Pulumi.yaml\n+++ Pulumi.yaml\n@@ -3,6 +3,7 @@\n 3\n 4\n 5\n+x\n 6\n 7\n 8",
    );
    expect(unifiedDiff("P", "a\nb\n", "b\n")).to.equal("--- P\n+++ P\n@@ -1,2 +1,1 @@\n-a\n b");
  });
});
