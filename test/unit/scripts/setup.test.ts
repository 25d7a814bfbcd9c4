import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { repositoryRoot } from "../../engine/fixtureProject";

/** What the script calls of the machine's own; all else is a stub. */
const TOOLS = ["bash", "cat", "dirname", "env", "find", "mkdir", "mv", "rm", "sed", "sh", "sort", "touch"];

/** Each is a shell script that first notes its words in `calls`. */
const STUBS = {
  id: "echo 1000",
  sudo: 'case "$*" in *apt-get*) exec "$@";; esac',
  node: 'echo "$NODE"',
  npm: 'case "$*" in *build) [ -z "$BROKEN" ] || exit 1; echo > plugin/plugin.js;; esac',
  "apt-get": 'case "$*" in *install*) exit $((INSTALL));; esac',
  "apt-cache":
    'for last; do :; done; [ "$last" = chromium ] && echo "  Candidate: (none)" || echo "  Candidate: 1"',
  "dpkg-query": 'for last; do :; done; case " $ABSENT " in *" $last "*) exit 1;; esac; printf installed',
};

const CHROMIUM = { ABSENT: "chromium" };

describe("scripts/setup.sh", () => {
  let folder: string;
  const file = (path: string) => join(folder, path);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "taas-setup-"));
    for (const path of ["scripts/setup.sh", "package.json", ".nvmrc"]) {
      mkdirSync(dirname(file(path)), { recursive: true });
      copyFileSync(join(repositoryRoot(), path), file(path));
    }
    const text = readFileSync(file("scripts/setup.sh"), "utf8");
    const sources = /^sources=\((.*)\)$/m.exec(text)![1]!.replace("*.ts", "main.ts").split(" ");
    const installed = "node_modules/.package-lock.json";
    for (const path of [...sources, installed]) {
      mkdirSync(dirname(file(path)), { recursive: true });
      if (/\.\w+$/.test(path)) writeFileSync(file(path), "");
      else mkdirSync(file(path), { recursive: true });
    }
    mkdirSync(file("bin"));
    for (const tool of TOOLS) symlinkSync(placeOf(tool), file(`bin/${tool}`));
    for (const [name, body] of Object.entries(STUBS))
      writeFileSync(file(`bin/${name}`), `#!/bin/sh\necho "${name} $*" >> "${file("calls")}"\n${body}\n`, {
        mode: 0o755,
      });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const placeOf = (tool: string) =>
    process.env
      .PATH!.split(delimiter)
      .map((place) => join(place, tool))
      .find((path) => existsSync(path))!;

  /** Runs it on the stubs; resolves also to the calls of them that a pattern matches. */
  async function setup(env: Record<string, string> = {}) {
    rmSync(file("calls"), { force: true });
    const { exitCode, stderr } = await execa(file("bin/bash"), [file("scripts/setup.sh")], {
      env: { PATH: file("bin"), NODE: "v20.19.0", ...env },
      extendEnv: false,
      reject: false,
    });
    const calls = existsSync(file("calls")) ? readFileSync(file("calls"), "utf8").split("\n") : [];
    return { exitCode, stderr, calls: (pattern: RegExp) => calls.filter((line) => pattern.test(line)) };
  }

  it("installs what apt has, and does without what it has not", async () => {
    const { exitCode, calls } = await setup({ ABSENT: "chromium fish socat" });
    expect(exitCode).to.equal(0);
    const installs = calls(/^apt-get install/).map((line) => line.split(" ").slice(-1)[0]);
    expect(installs).to.deep.equal(["socat", "fish"]);
    expect(calls(/^npm run/)).to.have.length(1);
  });

  it("goes on where a package cannot be installed that only tests need, and ends where the lab needs it", async () => {
    const without = await setup({ ABSENT: "tshark", INSTALL: "100" });
    expect(without.exitCode).to.equal(0);
    expect(without.stderr).to.include("tests that need one of them are skipped");
    const { exitCode, stderr } = await setup({ ABSENT: "socat", INSTALL: "100" });
    expect(exitCode).to.equal(1);
    expect(stderr).to.include("without these packages there is no lab: socat");
  });

  it("takes the program of another package for a package", async () => {
    symlinkSync("sh", file("bin/busybox"));
    const { calls } = await setup({ ABSENT: "busybox" });
    expect(calls(/^apt-get install/)).to.deep.equal([]);
  });

  for (const version of ["v12.22.9", "v18.19.1", "v20.9.0", "v20.18.3", "v21.7.3", "v22.2.0", "v22.11.0"]) {
    it(`refuses Node.js ${version} before it installs anything, and says what to do`, async () => {
      const { exitCode, stderr, calls } = await setup({ ...CHROMIUM, NODE: version });
      expect(exitCode).to.equal(1);
      expect(stderr).to.include(`Node.js ${version.slice(1)} is too old`);
      expect(stderr).to.include("install Node.js 24, by nvm");
      expect(calls(/^(?:apt-get|npm)/)).to.deep.equal([]);
    });
  }

  for (const version of ["v20.19.0", "v20.19.10", "v20.20.2", "v22.12.0", "v22.21.1", "v24.0.0", "v26.1.0"]) {
    it(`takes Node.js ${version}`, async () => {
      expect((await setup({ NODE: version })).exitCode).to.equal(0);
    });
  }

  it("says that npm or Node.js is missing", async () => {
    for (const name of ["npm", "node"]) {
      rmSync(file(`bin/${name}`));
      const { exitCode, stderr, calls } = await setup(CHROMIUM);
      expect(exitCode).to.equal(1);
      expect(stderr).to.match(name === "npm" ? /without npm/ : /Node\.js is missing: install Node\.js 24/);
      expect(calls(/^apt-get/)).to.deep.equal([]);
    }
  });

  it("builds once, and again where a source is newer, a build did not finish or its files are gone", async () => {
    const builds = async (env = {}) => (await setup(env)).calls(/^npm run/).length;
    expect(await builds()).to.equal(1);
    expect(await builds()).to.equal(0);
    const later = new Date(Date.now() + 1000);
    utimesSync(file("sdk"), later, later);
    expect((await setup({ BROKEN: "yes" })).exitCode).to.equal(1);
    // As long ago as the rest: only that the build did not finish tells.
    const earlier = new Date(Date.now() - 10_000);
    utimesSync(file("sdk"), earlier, earlier);
    expect(await builds()).to.equal(1);
    expect(await builds()).to.equal(0);
    rmSync(file("plugin/plugin.js"));
    utimesSync(file("plugin"), earlier, earlier);
    expect(await builds()).to.equal(1);
    rmSync(file("dist"), { recursive: true });
    expect(await builds()).to.equal(1);
    expect(await builds()).to.equal(0);
  });
});
