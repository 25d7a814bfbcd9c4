import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { repositoryRoot } from "../../engine/fixtureProject";

/** Prints what Pulumi would record as `__provider` for each resource. */
const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
pulumi.runtime.setMocks(
  {
    newResource: ({ type, inputs }) => {
      console.log(JSON.stringify([type.split(":").at(-1), inputs.__provider]));
      return { id: "id", state: inputs };
    },
    call: () => ({}),
  },
  "project", "stack", false, "organization",
);
const { MirrorTunnel, TapFlow, TapService } = require("pulumi-taas");
const service = new TapService("a", { host: "h", port: "p" });
new TapFlow("b", { service, host: "h", port: "q" });
new MirrorTunnel("c", { hosts: ["h", "i"] });
`;

/**
 * SHA-256 of each resource's provider code. It is in the state of every stack: code that changes makes an update of every
 * resource there is, and code of old releases must go on to work, so that a change here is a decision.
 */
const PINNED = {
  TapService: "c1f21090d2288c39f468ec58ef7d409a8bc1dc043f06d2ea4e996a55e2027795",
  TapFlow: "8a62318e29fd4a2082e89e3a59819abd2e23fccdea8a10f2b3f83821060fc70b",
  MirrorTunnel: "c914b5b62c53103a867324671714dba076d68f8b0b36376162c1f874e780dad3",
};

describe("the provider code in the state", function () {
  this.timeout(60_000);
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "taas-shim-"));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  /** Makes a project in a folder and runs the program there. */
  async function serialized(
    folder: string,
    install: (modules: string) => void,
  ): Promise<Record<string, string>> {
    const modules = join(directory, folder, "node_modules");
    mkdirSync(modules, { recursive: true });
    install(modules);
    writeFileSync(join(directory, folder, "program.js"), PROGRAM);
    const { stdout } = await promisify(execFile)(process.execPath, ["program.js"], {
      cwd: join(directory, folder),
    });
    return Object.fromEntries(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as [string, string]),
    );
  }

  const root = repositoryRoot();
  const linked = (modules: string) => {
    symlinkSync(join(root, "node_modules/@pulumi"), join(modules, "@pulumi"));
    symlinkSync(root, join(modules, "pulumi-taas"));
  };
  /** As npm would: the package is a directory of its own, with its dependencies beside it. */
  const installed = (modules: string) => {
    for (const name of ["@pulumi", "zod", "ssh2", "execa"])
      symlinkSync(join(root, "node_modules", name), join(modules, name));
    for (const part of ["package.json", "dist/sdk", "dist/provider"])
      cpSync(join(root, part), join(modules, "pulumi-taas", part), { recursive: true });
  };

  it("is small, loads nothing but the handlers, and is the same for every layout and for ever", async () => {
    const codes = await serialized("linked/deep/er", linked);
    expect(await serialized("installed", installed)).to.deep.equal(codes);
    for (const [kind, code] of Object.entries(codes)) {
      const required = [...code.matchAll(/\brequire\(([^)]*)\)/g)].map(([, module]) => module);
      expect(new Set(required), kind).to.deep.equal(new Set(['"pulumi-taas/handlers"']));
      expect(code, kind).not.to.match(/import\(|node_modules|\/home\/|\/tmp\/|sourceMapping/);
      expect(Buffer.byteLength(code), kind).to.be.at.most(2700);
    }
    const hash = (code: string) => createHash("sha256").update(code).digest("hex");
    expect(Object.fromEntries(Object.entries(codes).map(([kind, code]) => [kind, hash(code)]))).to.deep.equal(
      PINNED,
    );
  });
});
