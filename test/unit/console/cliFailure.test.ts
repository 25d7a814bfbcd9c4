import { expect } from "chai";
import { failureOf } from "../../../console/server/changes/means";
import { failedRun, lockIn, messageOf } from "../../../console/server/deploy/cliFailure";
import { created } from "../../console/fakeDeployer";

/** How the SDK reports a command that failed, as `exec` in its `cmd.js` does; neither is part of its types. */
const { CommandResult } = require("@pulumi/pulumi/automation/cmd.js") as {
  CommandResult: new (stdout: string, stderr: string, code: number, error: Error) => object;
};
const { createCommandError } = require("@pulumi/pulumi/automation/errors.js") as {
  createCommandError(result: object): Error;
};

const LOCK = `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///state/.pulumi/locks/organization/taps/prod/1.json: created by alice@build1 (pid 4711) at 2026-11-29T10:00:00Z`;
const CONFLICT = "error: [409] Conflict: Another update is currently in progress.";

/** The SDK's error of a CLI that has written this. */
function failure(stdout: string, stderr: string): Error {
  const shortMessage = "Command failed with exit code 255: pulumi up --yes --stack prod";
  const message = `${shortMessage}\n${stderr}\n${stdout}`;
  const error = Object.assign(new Error(message), { shortMessage, stdout, stderr });
  return createCommandError(new CommandResult("", message, -2, error));
}

describe("the Pulumi CLI that failed", () => {
  it("says why in its own words, without its command line and what else it has printed", () => {
    expect(messageOf(failure("Updating (prod)", "error: no stack named 'typo' found\n"))).to.equal(
      "error: no stack named 'typo' found",
    );
    expect(messageOf(failure("", ""))).to.equal(
      "Command failed with exit code 255: pulumi up --yes --stack prod",
    );
    expect(messageOf(new Error("there is no pulumi"))).to.equal("there is no pulumi");
    expect(failureOf(failedRun(failure("", "error: incorrect passphrase"), "", [])).message).to.equal(
      "error: incorrect passphrase",
    );
  });

  it("found the stack locked if it says so itself, and not if its output quotes a host that does", () => {
    const locked = failedRun(failure("Updating (prod)", LOCK), "", []);
    expect(locked.lock).to.include({ by: "alice@build1", since: "2026-11-29T10:00:00Z" });
    expect(locked.text).to.equal("Updating (prod)");
    expect(failedRun(failure(`host1: ${LOCK}\n${CONFLICT}`, "error: update failed"), "", []).lock).to.equal(
      undefined,
    );
  });

  it("was kept out by no lock once it has come to a resource, whatever it says", () => {
    expect(failedRun(failure("", CONFLICT), "", [created("ids", "rule")]).lock).to.equal(undefined);
    expect(failedRun(failure("", CONFLICT), "", [{}]).lock).to.include({ by: "another run" });
  });
});

describe("a locked stack", () => {
  it("is reported with who and since when by a file backend, and as such by Pulumi Cloud", () => {
    const lock = lockIn(LOCK);
    expect(lock).to.include({ by: "alice@build1", since: "2026-11-29T10:00:00Z" });
    expect(lock!.text).to.match(/^the stack is currently locked by 1 lock/);
    expect(lockIn(CONFLICT)).to.deep.equal({
      by: "another run",
      text: "[409] Conflict: Another update is currently in progress.",
    });
  });

  it("is not reported if a run failed for another reason", () => {
    expect(lockIn("error: port tap-web is locked")).to.equal(undefined);
  });
});
