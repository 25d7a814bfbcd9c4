import { expect } from "chai";
import { readConnection } from "../../../cli/options";
import { UsageError } from "../../../cli/usageError";
import { commonOptions } from "./commandLine";

describe("the options that all commands have", () => {
  it("say how hosts are reached, in the fields of a host", () => {
    const words = [
      ...["--ssh-port", "2222", "--user", "tap", "--identity-file", "~/.ssh/tap"],
      ...["--host-key", "ssh-ed25519 AAAA", "--proxy-jump", "bastion", "--transport", "openssh"],
      ...["--sudo", "never", "--tap-bridge", "br-copies"],
    ];
    expect(readConnection(commonOptions(...words))).to.deep.equal({
      port: 2222,
      user: "tap",
      identityFile: "~/.ssh/tap",
      hostKey: "ssh-ed25519 AAAA",
      proxyJump: "bastion",
      transport: "openssh",
      sudo: "never",
      tapBridge: "br-copies",
    });
  });

  it("leave out what the command line does not say, so that the inventory decides", () => {
    const options = commonOptions("--hosts", "hosts.json");
    expect(readConnection(options)).to.deep.equal({});
    expect(options).to.deep.equal({ hosts: "hosts.json", host: [], stack: [] });
  });

  for (const [refusal, ...words] of [
    ["--ssh-port must be at most 65535", "--ssh-port", "70000"],
    ["--ssh-port must be a", "--ssh-port", "ssh"],
    ["--transport must be", "--transport", "telnet"],
    ["--identity-file may not be empty", "--identity-file", ""],
    ["--tap-bridge a bridge name has", "--tap-bridge", "a bridge"],
    ["--user a user name .*; --sudo must be", "--user=-l", "--sudo", "sometimes"],
  ] as const) {
    it(`refuse ${words.join(" ")}`, () => {
      expect(() => readConnection(commonOptions(...words)))
        .to.throw(UsageError)
        .with.property("message")
        .that.matches(new RegExp(`(^|; )${refusal}`));
    });
  }
});
