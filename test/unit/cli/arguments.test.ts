import { expect } from "chai";
import { readArguments, UsageError } from "../../../cli/arguments";

const REMOVE = ["claims", "remove", "--host", "a", "--owner", "o/p/s/TapFlow/x"];

describe("the command line", () => {
  it("says how hosts are reached, in the fields of a host", () => {
    const wanted = readArguments([
      ...[
        "claims",
        "list",
        "--host",
        "a",
        "--port",
        "2222",
        "--user",
        "tap",
        "--identity-file",
        "~/.ssh/tap",
      ],
      ...[
        "--host-key",
        "ssh-ed25519 AAAA",
        "--proxy-jump",
        "bastion",
        "--transport",
        "openssh",
        "--sudo",
        "never",
      ],
      ...["--tap-bridge", "br-copies", "--ssh-config", "config"],
    ]);
    expect(wanted).to.deep.include({
      sshConfig: "config",
      connection: {
        port: 2222,
        user: "tap",
        identityFile: "~/.ssh/tap",
        hostKey: "ssh-ed25519 AAAA",
        proxyJump: "bastion",
        transport: "openssh",
        sudo: "never",
        tapBridge: "br-copies",
      },
    });
  });

  it("leaves out what it does not say, so that the inventory decides", () => {
    expect(readArguments(["claims", "list", "--hosts", "hosts.json"])).to.deep.include({
      hostsFile: "hosts.json",
      hosts: [],
      connection: {},
    });
  });

  for (const [consent, ...options] of [
    ["ask"],
    ["given", "--yes"],
    ["given", "-y"],
    ["dry-run", "--dry-run"],
    ["dry-run", "--dry-run", "--yes"],
  ]) {
    it(`removes with consent ${consent}: ${options.join(" ")}`, () => {
      expect(readArguments([...REMOVE, ...options])).to.have.property("consent", consent);
    });
  }

  for (const [refusal, ...options] of [
    ["--port must be at most 65535", "--port", "70000"],
    ["--port must be a", "--port", "ssh"],
    ["--transport must be", "--transport", "telnet"],
    ["--identity-file may not be empty", "--identity-file", ""],
    ["--tap-bridge a bridge name has", "--tap-bridge", "a bridge"],
    ["--user a user name .*; --sudo must be", "--user=-l", "--sudo", "sometimes"],
  ] as const) {
    it(`refuses ${options.join(" ")}`, () => {
      expect(() => readArguments(["claims", "list", "--host", "a", ...options]))
        .to.throw(UsageError)
        .with.property("message")
        .that.matches(new RegExp(`(^|; )${refusal}`));
    });
  }

  for (const option of [["--yes"], ["--dry-run"], ["--owner", "x"], ["--stack", "a/b/c"]]) {
    it(`refuses ${option[0]} for list`, () => {
      expect(() => readArguments(["claims", "list", "--host", "a", ...option])).to.throw(
        UsageError,
        /are for remove/,
      );
    });
  }
});
