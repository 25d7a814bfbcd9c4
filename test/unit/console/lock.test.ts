import { expect } from "chai";
import { lockIn } from "../../../console/server/deploy/pulumi";

describe("a locked stack", () => {
  it("is reported with who and since when by a file backend, and as such by Pulumi Cloud", () => {
    const file = `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///state/.pulumi/locks/organization/taps/prod/1.json: created by alice@build1 (pid 4711) at 2026-11-29T10:00:00Z
`;
    const lock = lockIn(`stderr: ${file}`);
    expect(lock).to.include({ by: "alice@build1", since: "2026-11-29T10:00:00Z" });
    expect(lock!.text).to.match(/^the stack is currently locked by 1 lock/);
    expect(lockIn("error: [409] Conflict: Another update is currently in progress.")).to.deep.equal({
      by: "another run",
      text: "[409] Conflict: Another update is currently in progress.",
    });
  });

  it("is not reported if a run failed for another reason", () => {
    expect(lockIn("error: port tap-web is locked")).to.equal(undefined);
  });
});
