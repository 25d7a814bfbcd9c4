import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { HostRecord } from "../../../provider/host/host";
import { requireIpv6 } from "../../lab/ipv6";
import { failureOf, makeClient } from "./client";
import { makeKey, makeWorkshop, type SshServer, startSshServer, type Workshop } from "./sshServer";

describe("host keys against a real server", () => {
  let workshop: Workshop;
  let server: SshServer;
  let otherKey: string;

  before(async () => {
    workshop = makeWorkshop();
    server = await startSshServer(workshop, { keyTypes: ["ed25519", "ecdsa", "rsa"] });
    makeKey(join(workshop.path, "other"), "ed25519");
    otherKey = publicKey(join(workshop.path, "other"));
  });

  after(async () => {
    await workshop.remove();
  });

  const publicKey = (path: string) => readFileSync(`${path}.pub`, "utf8").split(" ").slice(0, 2).join(" ");

  const fingerprint = (path: string) =>
    execFileSync("ssh-keygen", ["-lf", `${path}.pub`], { encoding: "utf8" }).split(" ")[1]!;

  const login = async (knownHosts: string, fields: Partial<HostRecord> = {}, config: string[] = []) => {
    const client = makeClient(workshop, knownHosts, config);
    try {
      const argv = ["echo", "in"];
      return (await client.pool.use(client.record(server, fields), (session) => session.exec(argv))).stdout;
    } finally {
      await client.pool.closeAll();
    }
  };
  const name = () => `[127.0.0.1]:${server.port}`;

  for (const transport of ["ssh2", "openssh"] as const) {
    it(`${transport}: trusts a key that known_hosts has`, async () => {
      expect(await login(server.knownHostsLine, { transport })).to.equal("in\n");
    });

    it(`${transport}: connects to an IPv6 address, and looks its key up by it`, async function () {
      requireIpv6(this);
      const both = await startSshServer(workshop, { config: ["ListenAddress ::1"] });
      const client = makeClient(workshop, `[::1]:${both.port} ${both.hostKey}`);
      const host = client.record(both, { transport, address: "::1" });
      const script = ["sh", "-c", "echo $SSH_CONNECTION"];
      const { stdout } = await client.pool.use(host, (session) => session.exec(script));
      expect(stdout).to.match(new RegExp(`^::1 \\d+ ::1 ${both.port}\n$`));
      const unknown = makeClient(workshop, both.knownHostsLine);
      const error = await failureOf(unknown.pool.use(host, (session) => session.exec(script)));
      expect(error.code).to.equal("host-key-unknown");
      expect(error.message).to.include(`@[::1]:${both.port}`);
      await client.pool.closeAll();
    });

    it(`${transport}: trusts a hashed entry`, async () => {
      const file = workshop.file(`hashed-${transport}`, `${server.knownHostsLine}\n`);
      execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "ignore" });
      const hashed = readFileSync(file, "utf8");
      expect(hashed).to.match(/^\|1\|/);
      expect(await login(hashed, { transport })).to.equal("in\n");
    });

    it(`${transport}: requests the key type that is known`, async () => {
      expect(await login(`${name()} ${publicKey(server.keyFiles[2]!)}`, { transport })).to.equal("in\n");
    });

    it(`${transport}: trusts a name without port, and HostKeyAlias`, async () => {
      expect(await login(`127.0.0.1 ${server.hostKey}`, { transport })).to.equal("in\n");
      const alias = ["Host *", "HostKeyAlias compute.example"];
      expect(await login(`compute.example ${server.hostKey}`, { transport }, alias)).to.equal("in\n");
    });

    it(`${transport}: refuses an unknown key, whatever StrictHostKeyChecking says, and shows how to add it`, async () => {
      const error = await failureOf(login("", { transport }));
      expect(error.code).to.equal("host-key-unknown");
      expect(error.message).to.match(/^host compute-1: the host key of \w+@127\.0\.0\.1:\d+ is unknown/);
      expect(error.hint).to.include(`ssh-keyscan -p ${server.port} 127.0.0.1 >> `);
    });

    it(`${transport}: refuses a changed key`, async () => {
      const error = await failureOf(login(`# old\n${name()} ${otherKey}`, { transport }));
      expect(error.code).to.equal("host-key-changed");
      expect(error.message).to.match(/known_hosts-\d+:2/);
    });

    it(`${transport}: refuses a revoked key even where the same key is trusted`, async () => {
      const lines = `${server.knownHostsLine}\n@revoked * ${server.hostKey}`;
      expect((await failureOf(login(lines, { transport }))).code).to.equal("host-key-revoked");
    });

    it(`${transport}: refuses a pinned key that known_hosts revokes`, async () => {
      const hostKey = server.hostKey;
      for (const names of ["*", name(), "127.0.0.1"]) {
        const error = await failureOf(login(`@revoked ${names} ${hostKey}`, { transport, hostKey }));
        expect(error.code).to.equal("host-key-revoked");
        expect(error.message).to.match(/known_hosts-\d+:1 marks @revoked/);
      }
      expect(await login(`@revoked elsewhere ${hostKey}`, { transport, hostKey })).to.equal("in\n");
      const unreadable = ["Host *", `UserKnownHostsFile ${workshop.path}`];
      const error = await failureOf(login("", { transport, hostKey }, unreadable));
      expect(error.code).to.equal("known-hosts-unreadable");
    });

    it(`${transport}: does not accept an RSA key below RequiredRSASize`, async () => {
      const config = ["Host *", "RequiredRSASize 4096"];
      const known = `${name()} ${publicKey(server.keyFiles[2]!)}`;
      const error = await failureOf(login(known, { transport }, config));
      expect(error.message).to.match(/RequiredRSASize 4096|Invalid key length/);
      if (transport === "ssh2") expect(error.code).to.equal("host-key-too-small");
      expect(await login(known, { transport }, ["Host *", "RequiredRSASize 2048"])).to.equal("in\n");
    });

    it(`${transport}: lets a pinned key take precedence over known_hosts`, async () => {
      const changed = `${name()} ${otherKey}`;
      expect(await login(changed, { transport, hostKey: server.hostKey })).to.equal("in\n");
      const error = await failureOf(login(server.knownHostsLine, { transport, hostKey: otherKey }));
      expect(error.code).to.equal("host-key-changed");
    });
  }

  for (const [option, value] of [
    ["RevokedHostKeys", () => `${server.keyFiles[0]}.pub`],
    ["KnownHostsCommand", () => `/bin/echo ${name()} ${server.hostKey}`],
    ["KexAlgorithms", () => "sntrup761x25519-sha512@openssh.com"],
    ["MACs", () => "umac-64@openssh.com"],
    ["HostKeyAlgorithms", () => "ssh-ed25519-cert-v01@openssh.com"],
  ] as const) {
    it(`leaves ${option} to the OpenSSH client if the built-in one does not support it`, async () => {
      const error = await failureOf(login(server.knownHostsLine, {}, ["Host *", `${option} ${value()}`]));
      expect(error.code).to.equal("needs-openssh");
      expect(error.message).to.include(option).and.to.include(`127.0.0.1:${server.port}`);
    });
  }

  it("openssh: refuses a key of RevokedHostKeys, and says in which file it is listed", async () => {
    const file = `${server.keyFiles[0]}.pub`;
    const config = ["Host *", `RevokedHostKeys ${file}`, "HostKeyAlgorithms ssh-ed25519"];
    const error = await failureOf(login(server.knownHostsLine, { transport: "openssh" }, config));
    expect(error.code).to.equal("host-key-revoked");
    expect(error.message).to.include(file);
  });

  it("openssh: runs KnownHostsCommand", async () => {
    const config = ["Host *", `KnownHostsCommand /bin/echo ${name()} ${server.hostKey}`];
    expect(await login("", { transport: "openssh" }, config)).to.equal("in\n");
  });

  for (const [option, value, agreed] of [
    ["Ciphers", "chacha20-poly1305@openssh.com,aes256-ctr,aes128-ctr", "aes256-ctr"],
    ["MACs", "hmac-sha2-512,hmac-sha2-256", "hmac-sha2-512"],
    ["KexAlgorithms", "ecdh-sha2-nistp521", "ecdh-sha2-nistp521"],
  ]) {
    it(`ssh2: obeys ${option} of the ssh configuration`, async () => {
      const telling = await startSshServer(workshop, { config: ["LogLevel DEBUG1"] });
      const client = makeClient(workshop, telling.knownHostsLine, [
        "Host *",
        `${option} ${value}`,
        "Ciphers aes128-ctr,aes256-ctr",
      ]);
      await client.pool.use(client.record(telling), (session) => session.exec(["true"]));
      await client.pool.closeAll();
      expect(telling.log()).to.match(new RegExp(`kex: .*${agreed}`));
    });
  }

  it("shows the fingerprint of an unknown key as ssh-keygen prints it", async () => {
    const { message } = await failureOf(login(""));
    expect(message).to.include(`ssh-ed25519 ${fingerprint(server.keyFiles[0]!)}`);
  });

  it("finds the pinned fingerprint among all keys of the server", async () => {
    for (const path of server.keyFiles) {
      const hostKey = fingerprint(path);
      expect(await login("", { hostKey })).to.equal("in\n");
    }
    const wrong = fingerprint(join(workshop.path, "other"));
    expect((await failureOf(login("", { hostKey: wrong }))).code).to.equal("host-key-changed");
  });

  it("says that a certificate authority needs the OpenSSH client", async () => {
    const error = await failureOf(login(`@cert-authority ${name()} ${otherKey}`));
    expect(error.code).to.equal("needs-openssh");
    expect(error.hint).to.include('transport: "openssh"');
  });

  it("lets nobody in if a known_hosts file cannot be read", async () => {
    mkdirSync(join(workshop.path, "directory"));
    const config = ["Host *", `UserKnownHostsFile ${join(workshop.path, "directory")}`];
    expect((await failureOf(login(server.knownHostsLine, {}, config))).code).to.equal(
      "known-hosts-unreadable",
    );
  });
});
