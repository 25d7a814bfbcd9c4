import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { repositoryRoot } from "../../engine/fixtureProject";

/** `sudo` is as sudo-rs: it has no -E, and the command gets none of the caller's variables. */
const STUBS = {
  id: "echo 1000",
  sudo: '[ "$1" != -E ] || shift\nexec /usr/bin/env -i PATH=/nowhere /usr/bin/"$@"',
  node: 'echo "words $*"\nexec /usr/bin/env',
};

describe("scripts/run.sh", () => {
  let folder: string;
  const file = (path: string) => join(folder, path);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "taas-run-"));
    for (const path of ["bin", "scripts"]) mkdirSync(file(path));
    copyFileSync(join(repositoryRoot(), "scripts/run.sh"), file("scripts/run.sh"));
    writeFileSync(file("scripts/setup.sh"), "");
    for (const tool of ["bash", "dirname"]) symlinkSync(`/usr/bin/${tool}`, file(`bin/${tool}`));
    for (const [name, body] of Object.entries(STUBS))
      writeFileSync(file(`bin/${name}`), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  });
  after(() => rmSync(folder, { recursive: true }));

  it("runs the program as root with the variables that it reads, whichever sudo there is", async () => {
    const variables = {
      PATH: file("bin"),
      TAAS_SAMPLE: "all",
      TAAS_SEED: "a b\nc",
      CI: "true",
      NO_COLOR: "",
      PULUMI_HOME: "/srv/pulumi",
    };
    const { stdout } = await execa("/usr/bin/bash", [file("scripts/run.sh"), "main.js", "one word"], {
      env: { ...variables, PULUMI_ACCESS_TOKEN: "secret" },
      extendEnv: false,
    });
    expect(stdout).to.include("words main.js one word");
    for (const [name, value] of Object.entries(variables))
      expect(`${stdout}\n`).to.include(`${name}=${value}\n`);
    expect(stdout).to.not.include("secret");
  });
});
