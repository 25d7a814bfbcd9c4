import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { repositoryRoot } from "../../engine/fixtureProject";

describe("a run that a signal ends", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "taas-runner-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`ends its jobs, counts, leaves no file and has the exit code of ${signal}`, async () => {
      const main = join(repositoryRoot(), "dist/test/runner/main.js");
      const files = ["unit/allOf", "integration/publicTypes"];
      const running = execa(process.execPath, [main, ...files], {
        env: { TMPDIR: folder, NODE_OPTIONS: "" },
        reject: false,
      });
      await once(running.stdout, "data");
      running.kill(signal);
      const { exitCode, stdout } = await running;
      expect(exitCode).to.equal(code);
      const [took, count] = stdout.split("\n").slice(-2);
      expect(took).to.match(/^was ended after \d+ min \d+ s$/);
      expect(count).to.equal("0 passed, 0 failed");
      expect(readdirSync(folder)).to.deep.equal([]);
    });
  }
});
