import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { KEEPER_SCRIPT } from "../../../provider/keeper/script";
import { KEEPER_PLACES, KEEPER_UNIT } from "../../../provider/keeper/unit";
import { skipForLackOf } from "../../lacking";

describe("the keeper's files", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "taas-unit-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("include a unit that systemd accepts", function () {
    if (spawnSync("systemd-analyze", ["--version"]).status !== 0) skipForLackOf(this, "systemd-analyze");
    const path = join(folder, KEEPER_PLACES.service);
    writeFileSync(path, KEEPER_UNIT);
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", path], { encoding: "utf8" });
    expect(`${status} ${stderr}`).to.equal("0 ");
  });

  it("include a unit of three sections that runs the script in the foreground, with nothing twice", () => {
    const sections = KEEPER_UNIT.split(/^\[(\w+)\]\n/m).slice(1);
    expect(sections.filter((_, index) => index % 2 === 0)).to.deep.equal(["Unit", "Service", "Install"]);
    const lines = KEEPER_UNIT.split("\n").filter((line) => line !== "" && !line.startsWith("["));
    const keys = lines.map((line) => /^([A-Z][A-Za-z]+)=./.exec(line)![1]!);
    expect(new Set(keys).size).to.equal(keys.length);
    expect(lines).to.include(`ExecStart=/bin/sh ${KEEPER_PLACES.script} run`);
    expect(lines).to.include("WantedBy=multi-user.target");
  });

  it("include a script that a POSIX shell parses, without eval, and that awk parses", () => {
    const path = join(folder, "taas-keeper");
    writeFileSync(path, KEEPER_SCRIPT);
    execFileSync("sh", ["-n", path]);
    const shell = KEEPER_SCRIPT.replace(/^program='[^']*'$/m, "");
    expect(shell).not.to.contain("substr");
    expect(shell).not.to.match(/\beval\b|\[\[|\bfunction\s+\w+\s*\{|^\s*local\b/m);
    const { status } = spawnSync("sh", [path, "neither"], { encoding: "utf8" });
    expect(status).to.equal(64);
  });
});
