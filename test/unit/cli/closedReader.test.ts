import { expect } from "chai";
import { execa } from "execa";
import { MAIN, onFullDisk } from "../../integration/claimsCommand";

describe("a command whose output is no longer read", () => {
  for (const stream of ["stdout", "stderr"] as const)
    it(`ends with its own exit code: ${stream}`, async () => {
      const command = execa("node", [MAIN, "claims", "list", "--json"], { reject: false });
      command[stream].destroy();
      expect((await command).exitCode).to.equal(2);
    });
});

describe("a command whose output cannot be written", () => {
  for (const [exitCode, ...words] of [
    [2, "claims", "list", "--json"],
    [1, "claims", "list", "--help"],
  ] as const)
    it(`says so once, without a stack, and does not end with 0: ${words.join(" ")}`, async () => {
      const { exitCode: ended, stderr } = await onFullDisk(...words);
      expect(ended).to.equal(exitCode);
      expect(stderr.match(/ENOSPC/g)).to.have.length(1);
      expect(stderr)
        .to.match(/^pulumi-taas: the output is incomplete: ENOSPC/m)
        .and.not.match(/^ +at /m);
    });
});
