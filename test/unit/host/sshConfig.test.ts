import { homedir } from "node:os";
import { expect } from "chai";
import {
  expandPath,
  expandTokens,
  parseEffectiveConfig,
  single,
  splitPaths,
} from "../../../provider/host/effectiveConfig";
import { parseJumpChain } from "../../../provider/host/jump";
import { parsePin } from "../../../provider/host/knownHosts/pin";

describe("the output of ssh -G", () => {
  it("keeps repeated keywords in order and treats none as absent", () => {
    const config = parseEffectiveConfig(
      "host a\nidentityfile ~/one\nidentityfile ~/t wo\nproxyjump none\nport 22\n\nport 23\n",
    );
    expect(config.get("identityfile")).to.deep.equal(["~/one", "~/t wo"]);
    expect(single(config, "port")).to.equal("22");
    expect(single(config, "proxyjump")).to.equal(undefined);
    expect(single(config, "user")).to.equal(undefined);
  });

  it("splits lists of paths, which ssh prints without quotes", () => {
    expect(splitPaths("/a/one ~/two")).to.deep.equal(["/a/one", "~/two"]);
    expect(splitPaths("/a b/one /two")).to.deep.equal(["/a b/one", "/two"]);
    expect(splitPaths("none")).to.deep.equal([]);
    expect(splitPaths("")).to.deep.equal([]);
    expect(splitPaths("relative two")).to.deep.equal(["relative", "two"]);
  });

  it("expands home directories, tokens and variables", () => {
    const tokens = { alias: "c1", hostname: "192.0.2.1", port: 2222, user: "ops" };
    const expand = (path: string) => expandPath(path, tokens);
    process.env.TAAS_TEST_KEYS = "/keys";
    expect(expand("~/.ssh/id")).to.equal(`${homedir()}/.ssh/id`);
    expect(expand("/keys/%r@%h:%p-%n")).to.equal("/keys/ops@192.0.2.1:2222-c1");
    expect(expand("/100%%/%d")).to.equal(`/100%/${homedir().slice(1)}`);
    expect(expand(`\${TAAS_TEST_KEYS}/id`)).to.equal("/keys/id");
    expect(expand(`/\${TAAS_TEST_NONE}/id`)).to.equal(`/\${TAAS_TEST_NONE}/id`);
    expect(expandTokens(`nc -x %n -- ~/%h \${PORT:-%p}`, tokens)).to.equal(
      `nc -x c1 -- ~/192.0.2.1 \${PORT:-2222}`,
    );
    delete process.env.TAAS_TEST_KEYS;
  });
});

describe("a ProxyJump list", () => {
  for (const [chain, hop] of [
    ["jump", { address: "jump" }],
    ["ops@jump:2222", { address: "jump", user: "ops", port: 2222 }],
    ["ssh://ops@jump:2222", { address: "jump", user: "ops", port: 2222 }],
    ["ssh://jump/", { address: "jump" }],
    ["[2001:db8::1]:22", { address: "2001:db8::1", port: 22 }],
    ["user@realm@jump", { address: "jump", user: "user@realm" }],
    ["one,ops@two:23,three", { address: "three", proxyJump: "one,ops@two:23" }],
  ] as const) {
    it(`takes the last hop of ${chain}`, () => expect(parseJumpChain(chain, "c1")).to.deep.equal(hop));
  }

  it("refuses an invalid host", () => {
    for (const chain of ["", "a,", "ops@", ":22"])
      expect(() => parseJumpChain(chain, "c1"), chain).to.throw("jump host");
  });
});

describe("a pinned host key", () => {
  it("is a public key or its SHA256 fingerprint, nothing else", () => {
    const fingerprint = `SHA256:${"A".repeat(43)}`;
    expect(parsePin(fingerprint, "c1")).to.deep.equal({ kind: "fingerprint", fingerprint });
    expect(parsePin(`${fingerprint}=`, "c1")).to.deep.equal({ kind: "fingerprint", fingerprint });
    const md5 = "MD5:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff";
    for (const text of ["", "SHA256:short", md5, "ssh-ed25519", "ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQAB"]) {
      expect(() => parsePin(text, "c1"), text).to.throw("neither a public key nor a SHA256 fingerprint");
    }
  });
});
