import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { basename, join, relative } from "node:path";
import { expect } from "chai";
import type { HostRecord } from "../../../provider/host/host";
import { absent, failureOf, makeClient } from "./client";
import { makeKey, makeWorkshop, type SshServer, startSshServer, type Workshop, waitUntil } from "./sshServer";

describe("logins", () => {
  let workshop: Workshop;
  let server: SshServer;
  let agent: Awaited<ReturnType<typeof startAgent>>;
  let locked: string;
  let stranger: string;

  before(async () => {
    workshop = makeWorkshop();
    locked = join(workshop.path, "locked");
    stranger = join(workshop.path, "stranger");
    makeKey(locked, "ed25519", "a passphrase");
    makeKey(stranger, "ed25519");
    const keys = [workshop.identity, locked].map((path) => readFileSync(`${path}.pub`, "utf8"));
    workshop.file("authorized_keys", keys.join(""));
    server = await startSshServer(workshop);
    agent = await startAgent(join(workshop.path, "agent.sock"));
  });

  after(async () => {
    agent.stop();
    await workshop.remove();
  });

  /** `config` comes first in the ssh configuration, which is otherwise without agent. */
  const login = async (config: string[], fields: Partial<HostRecord> = {}, to = server) => {
    const client = makeClient(workshop, to.knownHostsLine, ["Host *", ...config]);
    try {
      const argv = ["echo", "in"];
      return (await client.pool.use(client.record(to, fields), (session) => session.exec(argv))).stdout;
    } finally {
      await client.pool.closeAll();
    }
  };

  for (const transport of ["ssh2", "openssh"] as const) {
    it(`${transport}: uses the identity file that the program names`, async () => {
      expect(await login([], { transport, identityFile: workshop.identity })).to.equal("in\n");
    });

    it(`${transport}: uses keys that only the agent has`, async () => {
      agent.add(locked, "a passphrase");
      expect(
        await login([`IdentityAgent ${agent.socket}`, `IdentityFile ${locked}`], { transport }),
      ).to.equal("in\n");
      agent.clear();
    });

    it(`${transport}: says which user and server refused the login`, async () => {
      const error = await failureOf(login([], { transport, user: "taas-nobody" }));
      expect(error.code).to.equal("auth-failed");
      expect(error.message).to.include(`taas-nobody@127.0.0.1:${server.port}`);
    });

    it(`${transport}: says that the named identity file does not exist`, async () => {
      const error = await failureOf(login([], { transport, identityFile: absent(workshop) }));
      expect(error.code).to.equal("identity-file");
      expect(error.message).to.include(`${absent(workshop)} does not exist`);
    });
  }

  it("offers the agent's keys of the identity files first, before the server has had enough", async () => {
    const strict = await startSshServer(workshop, { config: ["MaxAuthTries 2"] });
    for (const index of [1, 2, 3]) {
      makeKey(join(workshop.path, `other-${index}`), "ed25519");
      agent.add(join(workshop.path, `other-${index}`));
    }
    agent.add(locked, "a passphrase");
    const config = [`IdentityAgent ${agent.socket}`, `IdentityFile ${locked}`];
    expect(await login(config, {}, strict)).to.equal("in\n");
    agent.clear();
  });

  it("offers the identity file that the program names first, also by a relative path", async () => {
    const strict = await startSshServer(workshop, { config: ["MaxAuthTries 2"] });
    for (const index of [1, 2, 3]) agent.add(join(workshop.path, `other-${index}`));
    const identityFile = relative(process.cwd(), workshop.identity);
    expect(identityFile).to.match(/^\.\./);
    for (const file of [identityFile, join(workshop.path, "..", basename(workshop.path), "identity")])
      expect(await login([`IdentityAgent ${agent.socket}`], { identityFile: file }, strict)).to.equal("in\n");
    agent.clear();
  });

  it("takes the path of an identity file unchanged, including percent signs", async () => {
    const identityFile = workshop.file("%h-%%", readFileSync(workshop.identity, "utf8"));
    for (const transport of ["ssh2", "openssh"] as const)
      expect(await login([`IdentityFile ${stranger}`], { identityFile, transport })).to.equal("in\n");
  });

  it("does not offer keys that PubkeyAcceptedAlgorithms does not include", async () => {
    const error = await failureOf(login(["PubkeyAcceptedAlgorithms ecdsa-sha2-nistp256"]));
    expect(error.code).to.equal("auth-failed");
    expect(error.message).to.include("PubkeyAcceptedAlgorithms");
  });

  for (const transport of ["ssh2", "openssh"] as const) {
    it(`${transport}: says that the key was accepted and what the server also requires`, async () => {
      const both = await startSshServer(workshop, {
        config: ["PasswordAuthentication yes", "AuthenticationMethods publickey,password"],
      });
      const error = await failureOf(login([], { transport }, both));
      expect(error.code).to.equal("auth-failed");
      if (transport === "ssh2")
        expect(error.message).to.include("accepted the key and also requires password");
      expect(error.hint).not.to.include("authorized_keys");
      expect(error.hint).to.include("AuthenticationMethods publickey");
    });
  }

  it("names an encrypted key that no agent has", async () => {
    const client = makeClient(workshop, server.knownHostsLine, ["Host *", `IdentityFile ${stranger}`]);
    const lockedOut = workshop.file(
      "only-locked",
      readFileSync(client.settings.sshConfig!, "utf8").replace(workshop.identity, locked),
    );
    client.settings.sshConfig = lockedOut;
    const record = client.record(server);
    const error = await failureOf(client.pool.use(record, (session) => session.exec(["true"])));
    expect(error.code).to.equal("auth-failed");
    expect(error.message).to.include(`${locked} is encrypted`).and.to.include(`tried: ${stranger}`);
  });

  it("continues with the identity files when the agent does not answer", async () => {
    const socket = workshop.file("not-a-socket", "");
    expect(await login([`IdentityAgent ${socket}`])).to.equal("in\n");
  });

  it("says what a server accepts that accepts only passwords", async () => {
    const passwords = await startSshServer(workshop, {
      config: ["PasswordAuthentication yes", "PubkeyAuthentication no"],
    });
    const error = await failureOf(login([], {}, passwords));
    expect(error.code).to.equal("auth-failed");
    expect(error.message).to.include("the server accepts only password");
  });

  it("logs in with a user certificate through the OpenSSH client, and says so if the built-in one cannot", async () => {
    makeKey(join(workshop.path, "ca"), "ed25519");
    const certified = join(workshop.path, "certified");
    makeKey(certified, "ed25519");
    execFileSync("ssh-keygen", [
      "-q",
      "-s",
      join(workshop.path, "ca"),
      "-I",
      "t",
      "-n",
      userInfo().username,
      `${certified}.pub`,
    ]);
    const trusting = await startSshServer(workshop, {
      config: [`TrustedUserCAKeys ${join(workshop.path, "ca.pub")}`, "AuthorizedKeysFile none"],
    });
    const fields = { identityFile: certified };
    const error = await failureOf(login([], fields, trusting));
    expect(error.code).to.equal("auth-failed");
    expect(error.hint).to.include('transport: "openssh"');
    expect(await login([], { ...fields, transport: "openssh" }, trusting)).to.equal("in\n");
  });
});

async function startAgent(socket: string) {
  const child = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  const env = { ...process.env, SSH_AUTH_SOCK: socket, DISPLAY: "", SSH_ASKPASS_REQUIRE: "force" };
  await waitUntil(() => existsSync(socket));
  return {
    socket,
    add(path: string, passphrase = "") {
      const askpass = `${socket}.askpass`;
      execFileSync("sh", [
        "-c",
        'printf "#!/bin/sh\\necho \'%s\'\\n" "$1" > "$2"; chmod 700 "$2"',
        "-",
        passphrase,
        askpass,
      ]);
      execFileSync("ssh-add", ["-q", path], { env: { ...env, SSH_ASKPASS: askpass }, stdio: "ignore" });
    },
    clear: () => void execFileSync("ssh-add", ["-q", "-D"], { env, stdio: "ignore" }),
    stop: () => void child.kill(),
  };
}
