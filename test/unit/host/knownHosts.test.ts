import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { judgeKey, knownKeys } from "../../../provider/host/knownHosts/match";
import { type HostKey, parseHostKey, parseKnownHosts } from "../../../provider/host/knownHosts/parse";

describe("known_hosts", () => {
  let directory: string;
  const keys: Record<string, string> = {};

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "taas-known-hosts-"));
    for (const [name, type] of Object.entries({
      own: "ed25519",
      other: "ed25519",
      ecdsa: "ecdsa",
      rsa: "rsa",
    })) {
      const path = join(directory, name);
      execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-f", path]);
      keys[name] = readFileSync(`${path}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
    }
  });

  after(() => rmSync(directory, { recursive: true }));

  /** `{own}` and so on stand for keys. */
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => keys[name]!);
  const keyOf = (name: string): HostKey => {
    const [type, encoded] = keys[name]!.split(" ");
    return parseHostKey(type!, encoded!)!;
  };
  const judge = (text: string, names: string[], key = "own") =>
    judgeKey(parseKnownHosts(fill(text), "known_hosts"), names, keyOf(key).blob);
  /** The text with its names hashed by ssh-keygen. */
  const hashed = (text: string) => {
    const path = join(directory, "hashed");
    writeFileSync(path, fill(text));
    execFileSync("ssh-keygen", ["-q", "-H", "-f", path], { stdio: "ignore" });
    return readFileSync(path, "utf8");
  };

  for (const [what, text, names, verdict] of [
    ["the very key", "compute {own}", ["compute"], "trusted"],
    ["the key with a comment", "compute {own} root@compute", ["compute"], "trusted"],
    ["tabs and leading blanks", " \tcompute\t{own}", ["compute"], "trusted"],
    ["a carriage return", "compute {own}\r\n", ["compute"], "trusted"],
    ["a list of names", "compute,192.0.2.1 {own}", ["192.0.2.1"], "trusted"],
    ["an upper-case name", "Compute.Example.NET {own}", ["compute.example.net"], "trusted"],
    ["a port", "[compute]:2222 {own}", ["[compute]:2222"], "trusted"],
    ["an IPv6 address with a port", "[2001:db8::1]:2222 {own}", ["[2001:db8::1]:2222"], "trusted"],
    ["another port", "[compute]:2222 {own}", ["[compute]:2223"], "unknown"],
    ["a name without port, looked up second", "compute {own}", ["[compute]:2222", "compute"], "trusted"],
    ["another key for the name without port", "compute {other}", ["[compute]:2222", "compute"], "unknown"],
    ["brackets that would be a class in a pattern", "[compute]:22 {own}", ["c"], "unknown"],
    ["a dot that would match any character", "a.b {own}", ["axb"], "unknown"],
    ["a star", "*.example.net {own}", ["a.b.example.net"], "trusted"],
    ["a star that does not reach", "*.example.net {own}", ["example.net"], "unknown"],
    ["a star in brackets", "[*]:2222 {own}", ["[compute]:2222"], "trusted"],
    ["a question mark", "compute-? {own}", ["compute-7"], "trusted"],
    ["a question mark for two characters", "compute-? {own}", ["compute-77"], "unknown"],
    ["a negated name", "*.example.net,!bad.example.net {own}", ["bad.example.net"], "unknown"],
    ["a negated name first", "!bad.example.net,*.example.net {own}", ["bad.example.net"], "unknown"],
    ["only a negated name", "!bad {own}", ["good"], "unknown"],
    ["a negated name in one of two lines", "*,!compute {own}\ncompute {own}", ["compute"], "trusted"],
    ["another name", "compute2 {own}", ["compute"], "unknown"],
    ["another key of the type", "compute {other}", ["compute"], "changed"],
    ["another key, then the very key", "compute {other}\ncompute {own}", ["compute"], "trusted"],
    ["keys of other types", "compute {rsa}\ncompute {ecdsa}", ["compute"], "unknown"],
    ["nothing", "", ["compute"], "unknown"],
    ["comments", "# compute {own}\n\n#", ["compute"], "unknown"],
    ["a key cut short", "compute ssh-ed25519 AAAAC3Nz", ["compute"], "unknown"],
    ["a line cut short", "compute ssh-ed25519", ["compute"], "unknown"],
    ["an SSH 1 key", "compute 1024 35 14513", ["compute"], "unknown"],
    ["an unknown marker", "@trusted compute {own}", ["compute"], "unknown"],
    ["a revoked key", "@revoked compute {own}", ["compute"], "revoked"],
    ["a revoked key that is trusted as well", "compute {own}\n@revoked * {own}", ["compute"], "revoked"],
    ["another key revoked", "compute {own}\n@revoked * {other}", ["compute"], "trusted"],
    ["the key revoked for others", "compute {own}\n@revoked compute2 {own}", ["compute"], "trusted"],
    ["a certificate authority", "@cert-authority *.example.net {other}", ["a.example.net"], "needs-openssh"],
    [
      "a certificate authority besides the key",
      "@cert-authority * {other}\ncompute {own}",
      ["compute"],
      "trusted",
    ],
    [
      "a certificate authority with the same key",
      "@cert-authority compute {own}",
      ["compute"],
      "needs-openssh",
    ],
    ["a certificate authority for others", "@cert-authority *.example.net {other}", ["compute"], "unknown"],
    ["a hashed name of an unknown version", "|2|YWJj|YWJj {own}", ["compute"], "unknown"],
    ["a broken hashed name", "|1|YWJj {own}", ["compute"], "unknown"],
  ] as [string, string, string[], string][]) {
    it(`judges ${what}: ${verdict}`, () => expect(judge(text, names).kind).to.equal(verdict));
  }

  it("knows hashed names that ssh-keygen wrote, with and without port", () => {
    const text = hashed("compute,192.0.2.1 {own}\n[compute]:2222 {other}\n");
    expect(text.match(/^\|1\|/gm)).to.have.lengthOf(3);
    for (const name of ["compute", "192.0.2.1"]) expect(judge(text, [name]).kind).to.equal("trusted");
    expect(judge(text, ["[compute]:2222"], "other").kind).to.equal("trusted");
    expect(judge(text, ["[compute]:2222"]).kind).to.equal("changed");
    expect(judge(text, ["compute2"]).kind).to.equal("unknown");
  });

  it("finds the same lines as ssh-keygen -F", () => {
    const patterns = [
      "compute",
      "*.net",
      "c?mpute",
      "a,b,!compute",
      "!a,*",
      "[compute]:22",
      "[*]:2222",
      "*",
      "192.0.2.*",
      "COMPUTE",
    ];
    const names = [
      "compute",
      "a",
      "b",
      "a.net",
      "net",
      "[compute]:22",
      "[compute]:2222",
      "192.0.2.77",
      "192.0.20.1",
    ];
    const text = fill(`${patterns.map((pattern) => `${pattern} {own}`).join("\n")}\n`);
    const path = join(directory, "patterns");
    writeFileSync(path, text);
    for (const name of names) {
      const { stdout } = spawnSync("ssh-keygen", ["-F", name, "-f", path], { encoding: "utf8" });
      const expected = [...stdout.matchAll(/found: line (\d+)/g)].map((match) => Number(match[1]));
      const found = patterns.flatMap((_, index) => {
        const line = text.split("\n")[index]!;
        return knownKeys(parseKnownHosts(line, path), [name]).length > 0 ? [index + 1] : [];
      });
      expect(found, name).to.deep.equal(expected);
    }
  });

  it("says in which file and line a changed key is listed", () => {
    const verdict = judge("# comment\n\ncompute {other}", ["compute"]);
    expect(verdict).to.deep.include({ kind: "changed" });
    if (verdict.kind !== "changed") throw new Error("expected a changed key");
    expect([verdict.line.file, verdict.line.line]).to.deep.equal(["known_hosts", 3]);
  });

  it("lists the known types of an unknown key", () => {
    expect(judge("compute {rsa}\ncompute {ecdsa}", ["compute"])).to.deep.equal({
      kind: "unknown",
      otherTypes: ["ssh-rsa", "ecdsa-sha2-nistp256"],
    });
  });
});
