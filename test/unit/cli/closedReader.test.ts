import { expect } from "chai";
import { execa } from "execa";
import { MAIN } from "../../integration/claimsCommand";

describe("a command whose output is no longer read", () => {
  for (const stream of ["stdout", "stderr"] as const)
    it(`ends with its own exit code: ${stream}`, async () => {
      const command = execa("node", [MAIN, "claims", "list", "--json"], { reject: false });
      command[stream].destroy();
      expect((await command).exitCode).to.equal(2);
    });
});
