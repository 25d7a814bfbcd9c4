import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { SILENCE_IPV6 } from "../../lab/network";

describe("the line that keeps a namespace's IPv6 silent", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "taas-ipv6-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs it as boot scripts do, with a folder in place of the kernel's. */
  function silence(): string {
    const script = `set -e\n${SILENCE_IPV6.replaceAll("/proc/sys/net/ipv6", folder)}\necho booted`;
    return execFileSync("bash", ["-c", script], { encoding: "utf8" });
  }

  it("turns it off for the interfaces that exist and for those that come", () => {
    const files = ["all", "default"].map((scope) => join(folder, "conf", scope, "disable_ipv6"));
    for (const file of files) {
      mkdirSync(join(file, ".."), { recursive: true });
      writeFileSync(file, "0\n");
    }
    expect(silence()).to.equal("booted\n");
    for (const file of files) expect(readFileSync(file, "utf8")).to.equal("1\n");
  });

  it("lets a machine boot that has no IPv6", () => {
    expect(silence()).to.equal("booted\n");
  });
});
