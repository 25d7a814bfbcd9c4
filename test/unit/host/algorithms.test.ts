import { generateKeyPairSync } from "node:crypto";
import { createRequire } from "node:module";
import { expect } from "chai";
import { type ParsedKey, utils } from "ssh2";
import { ALGORITHM_OPTIONS, type AlgorithmOption, type Endpoint } from "../../../provider/host/endpoint";
import { preferKnown } from "../../../provider/host/knownHosts/algorithms";
import { rsaBits } from "../../../provider/host/knownHosts/rsa";
import { usableAlgorithms } from "../../../provider/host/ssh2/algorithms";

/** A server for which the ssh configuration allows these algorithms. */
function allowing(option: AlgorithmOption, names: string[]): Endpoint {
  const algorithms = { [option]: names } as Endpoint["algorithms"];
  return { name: "c1", user: "ops", hostname: "c1", port: 22, role: "host", algorithms } as Endpoint;
}

describe("the algorithms of a connection", () => {
  it("are those that the configuration allows and the built-in client supports, in the configuration's order", () => {
    const keys = ["rsa-sha2-256", "ssh-ed25519-cert-v01@openssh.com", "ssh-ed25519", "no-such"];
    const usable = usableAlgorithms(allowing("HostKeyAlgorithms", keys), "HostKeyAlgorithms");
    expect(usable).to.deep.equal(["rsa-sha2-256", "ssh-ed25519"]);
    const ciphers = ["chacha20-poly1305@openssh.com", "aes256-ctr", "no-such", "aes128-gcm@openssh.com"];
    expect(usableAlgorithms(allowing("Ciphers", ciphers), "Ciphers")).to.deep.equal([
      "aes256-ctr",
      "aes128-gcm@openssh.com",
      "chacha20-poly1305@openssh.com",
    ]);
  });

  for (const option of ALGORITHM_OPTIONS) {
    it(`are an error that names ${option} if the client supports none of them, and never all that it supports`, () => {
      for (const names of [["none-of-ours@example.net"], []]) {
        expect(() => usableAlgorithms(allowing(option, names), option))
          .to.throw(`for ops@c1:22, the ssh configuration allows only ${option} that`)
          .with.property("code", "needs-openssh");
      }
    });

    it(`are all known to the client's library: ${option}`, () => {
      const all = createRequire(__filename)("ssh2/lib/protocol/constants.js") as Record<string, string[]>;
      const library = {
        HostKeyAlgorithms: all.SUPPORTED_SERVER_HOST_KEY!,
        KexAlgorithms: all.SUPPORTED_KEX!,
        Ciphers: all.SUPPORTED_CIPHER!,
        MACs: all.SUPPORTED_MAC!,
      }[option];
      const ours = usableAlgorithms(allowing(option, library), option);
      expect(library).to.include.members(ours);
      expect(ours.length).to.be.greaterThan(5);
    });
  }

  it("start with the types of known keys", () => {
    const usable = ["ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-256"];
    expect(preferKnown(usable, ["ssh-rsa"])).to.deep.equal([
      "rsa-sha2-256",
      "ssh-ed25519",
      "ecdsa-sha2-nistp256",
    ]);
    expect(preferKnown(usable, [])).to.deep.equal(usable);
  });
});

describe("the size of a key", () => {
  for (const modulusLength of [1024, 1536, 2048]) {
    it(`is read from an RSA key of ${modulusLength} bits`, () => {
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength });
      const key = utils.parseKey(privateKey.export({ type: "pkcs1", format: "pem" })) as ParsedKey;
      expect(rsaBits(key.getPublicSSH())).to.equal(modulusLength);
    });
  }

  it("is undefined for a key of another type, or a truncated one", () => {
    const { publicKey } = generateKeyPairSync("ed25519");
    expect(rsaBits(publicKey.export({ type: "spki", format: "der" }))).to.equal(undefined);
    for (const blob of [Buffer.alloc(0), Buffer.from([0, 0, 0, 7]), Buffer.from("\0\0\0\x07ssh-rsa\xff\xff")])
      expect(rsaBits(blob)).to.equal(undefined);
  });
});
