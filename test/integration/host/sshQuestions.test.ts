import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseEffectiveConfig, single } from "../../../provider/host/effectiveConfig";
import { askSsh } from "../../../provider/host/sshQuestions";

describe("a question to the local ssh", function () {
  this.timeout(20_000);
  let directory: string;
  let config: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "taas-ssh's "));
    config = join(directory, "config");
    const slow = 'Match host slow exec "sleep 30"\n  Port 1\n';
    writeFileSync(config, `Host one\n  HostName 192.0.2.1\nHost two\n  HostName 192.0.2.2\n${slow}`);
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  const ask = (host: string, more: string[] = [], timeoutMs = 10_000) =>
    askSsh(["-G", "-F", config, ...more, "--", host], timeoutMs);

  async function hostname(asking: ReturnType<typeof ask>): Promise<string | undefined> {
    const outcome = await asking;
    if (outcome.kind !== "exited" || outcome.result.exitCode !== 0) return undefined;
    return single(parseEffectiveConfig(outcome.result.stdout), "hostname");
  }

  it("is answered, together with others or alone", async () => {
    expect(await hostname(ask("one"))).to.equal("192.0.2.1");
    expect(await Promise.all(["one", "two", "three"].map((host) => hostname(ask(host))))).to.deep.equal([
      "192.0.2.1",
      "192.0.2.2",
      "three",
    ]);
  });

  it("fails with its own message, and no other fails", async () => {
    const [good, bad] = [ask("one"), ask("two", ["-o", "NoSuchOption=yes"])];
    expect(await hostname(good)).to.equal("192.0.2.1");
    const outcome = await bad;
    expect(outcome).to.have.property("kind", "exited");
    expect(outcome).to.have.nested.property("result.exitCode").that.is.above(0);
    expect(outcome)
      .to.have.nested.property("result.stderr")
      .that.matches(/nosuchoption/i);
  });

  it("may take too long, and the others are answered", async () => {
    const [good, slow] = [ask("one", [], 1500), ask("slow", [], 1500)];
    expect(await hostname(good)).to.equal("192.0.2.1");
    expect(await slow).to.have.property("kind", "timeout");
  });

  it("may contain what no shell accepts", async () => {
    const [good, odd] = [ask("one"), ask("two", ["-i", "half \ud800"])];
    expect(await hostname(good)).to.equal("192.0.2.1");
    expect(await odd).to.have.property("kind");
  });
});
