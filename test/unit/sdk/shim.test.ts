import { execFile } from "node:child_process";
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
const { MirrorTunnel, MonitorPort, TapFlow, TapService } = require("pulumi-taas");
const service = new TapService("a", { host: "h", port: "p" });
new TapFlow("b", { service, host: "h", port: "q" });
new MirrorTunnel("c", { hosts: ["h", "i"] });
new MonitorPort("d", { host: "h" });
`;

/**
 * Each resource's provider code. It is in the state of every stack: code that changes makes an update of every resource
 * there is, and code of old releases must go on to work, so that a change here is a decision.
 */
const PINNED = Object.fromEntries(
  ["TapService", "TapFlow", "MirrorTunnel", "MonitorPort"].map((kind) => [
    kind,
    `exports.handler = () => {
  try {
    return require("pulumi-taas/handlers").${kind};
  } catch (error) {
    if (!String(error.message).startsWith("Cannot find module 'pulumi-taas/handlers'")) throw error;
    const message = "Pulumi finds no package pulumi-taas from " + process.cwd() + ", where it runs the resources of this program. " +
      "Make pulumi-taas a dependency of the program itself (in that folder: npm install pulumi-taas, or pnpm add pulumi-taas), also where a package that the program uses depends on it";
    throw Object.assign(new Error(message), { stack: message });
  }
};`,
  ]),
);

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
    for (const name of ["@pulumi", "zod", "ssh2"])
      symlinkSync(join(root, "node_modules", name), join(modules, name));
    for (const part of ["package.json", "dist/sdk", "dist/provider"])
      cpSync(join(root, part), join(modules, "pulumi-taas", part), { recursive: true });
  };

  it("is small, loads only the handlers, and is the same for every layout and forever", async () => {
    const codes = await serialized("linked/deep/er", linked);
    expect(await serialized("installed", installed)).to.deep.equal(codes);
    expect(codes).to.deep.equal(PINNED);
    for (const code of Object.values(PINNED)) expect(code.length).to.be.below(2048);
  });

  /** What the code says in a folder, with this text as the handlers or none at all. */
  async function saysIn(folder: string, handlers: string | undefined): Promise<string> {
    const home = join(directory, folder);
    const modules = join(home, "node_modules/pulumi-taas");
    mkdirSync(modules, { recursive: true });
    if (handlers === undefined) rmSync(modules, { recursive: true });
    else writeFileSync(join(modules, "handlers.js"), handlers);
    const run = `${PINNED.TapFlow}
try { console.log(exports.handler()); } catch (error) { console.log(String(error.stack)); }`;
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", run], { cwd: home });
    return stdout.trim();
  }

  it("says where to install the package when a program has it only through another package", async () => {
    expect(await saysIn("without", undefined)).to.match(
      /^Pulumi finds no package pulumi-taas from \S+\/without, .* npm install pulumi-taas, or pnpm add pulumi-taas/,
    );
  });

  it("leaves every other error as it is", async () => {
    expect(await saysIn("with", 'exports.TapFlow = "handler";')).to.equal("handler");
    expect(await saysIn("broken", 'require("taas-no-such-module");')).to.match(
      /Cannot find module 'taas-no-such-module'/,
    );
  });
});
