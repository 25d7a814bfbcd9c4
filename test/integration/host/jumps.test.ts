import { userInfo } from "node:os";
import { expect } from "chai";
import type { HostRecord } from "../../../provider/host/host";
import { failureOf, makeClient, type TestClient } from "./client";
import { freePort, makeWorkshop, type SshServer, startSshServer, type Workshop } from "./sshServer";

describe("jump hosts", () => {
  let workshop: Workshop;
  let first: SshServer;
  let second: SshServer;
  let target: SshServer;
  const { username } = userInfo();

  before(async () => {
    workshop = makeWorkshop();
    [first, second, target] = await Promise.all([
      startSshServer(workshop),
      startSshServer(workshop),
      startSshServer(workshop),
    ]);
  });

  after(async () => {
    await workshop.remove();
  });

  const clientOf = (known: SshServer[], config: string[] = []) =>
    makeClient(workshop, known.map((server) => server.knownHostsLine).join("\n"), config);
  const jump = (...servers: SshServer[]) =>
    servers.map(({ port }) => `${username}@127.0.0.1:${port}`).join(",");
  const login = async (client: TestClient, record: HostRecord) => {
    try {
      return (await client.pool.use(record, (session) => session.exec(["sh", "-c", "echo $SSH_CONNECTION"])))
        .stdout;
    } finally {
      await client.pool.closeAll();
    }
  };

  for (const transport of ["ssh2", "openssh"] as const) {
    it(`${transport}: goes through a chain`, async () => {
      const client = clientOf([first, second, target]);
      const record = client.record(target, { transport, proxyJump: jump(first, second) });
      expect(await login(client, record)).to.match(new RegExp(` ${target.port}\n$`));
      expect(first.log()).to.include("Accepted publickey");
      expect(second.log()).to.include("Accepted publickey");
    });

    it(`${transport}: finds the chain in the ssh configuration`, async () => {
      const config = [
        "Host inner",
        `HostName 127.0.0.1\nPort ${target.port}\nUser ${username}\nProxyJump middle`,
        "Host middle",
        `HostName 127.0.0.1\nPort ${second.port}\nUser ${username}\nProxyJump outer`,
        "Host outer",
        `HostName 127.0.0.1\nPort ${first.port}\nUser ${username}`,
      ];
      const client = clientOf([first, second, target], config);
      const record = { name: "compute-1", address: "inner", transport };
      expect(await login(client, record)).to.match(new RegExp(` ${target.port}\n$`));
    });

    it(`${transport}: checks the jump host's key, whatever the configuration says`, async () => {
      const client = clientOf([target]);
      const error = await failureOf(
        login(client, client.record(target, { transport, proxyJump: jump(first) })),
      );
      expect(error.code).to.equal("host-key-unknown");
      expect(error.message).to.include(`127.0.0.1:${first.port}`);
    });

    it(`${transport}: checks the target's key behind a jump host`, async () => {
      const client = clientOf([first]);
      const error = await failureOf(
        login(client, client.record(target, { transport, proxyJump: jump(first) })),
      );
      expect(error.code).to.equal("host-key-unknown");
      expect(error.message).to.include(`127.0.0.1:${target.port}`);
    });

    it(`${transport}: says that the target cannot be reached from the jump host`, async () => {
      const client = clientOf([first, target]);
      const nowhere = { ...target, port: await freePort() };
      const error = await failureOf(
        login(client, client.record(nowhere, { transport, proxyJump: jump(first) })),
      );
      expect(error.code).to.equal("unreachable");
      expect(error.message)
        .to.include(`127.0.0.1:${nowhere.port}`)
        .and.to.include(`jump host ${username}@127.0.0.1:${first.port}`);
    });
  }

  it("openssh: is not disturbed by what the user's configuration sets for interactive use", async () => {
    const interactive = [
      "Host *",
      `ControlMaster auto\nControlPersist 60\nControlPath ${workshop.path}/%C`,
      "RemoteCommand top\nRequestTTY force\nPermitLocalCommand yes\nLocalCommand echo local",
      `LocalForward 127.0.0.1:${target.port} 127.0.0.1:1\nExitOnForwardFailure yes`,
      "SessionType none\nStdinNull yes\nForkAfterAuthentication yes\nVisualHostKey yes\nTunnel yes",
    ];
    const client = clientOf([first, target], interactive);
    const record = client.record(target, { transport: "openssh", proxyJump: jump(first) });
    expect(await login(client, record)).to.match(new RegExp(`^\\S+ \\d+ \\S+ ${target.port}\n$`));
  });

  it("shares the jump host's connection between hosts behind it", async () => {
    const jumpHost = await startSshServer(workshop);
    const client = clientOf([jumpHost, second, target]);
    const hosts = [second, target].map((server) => client.record(server, { proxyJump: jump(jumpHost) }));
    await Promise.all(hosts.map((host) => client.pool.use(host, (session) => session.exec(["true"]))));
    expect(jumpHost.log().match(/Accepted publickey/g)).to.have.lengthOf(1);
    await client.pool.closeAll();
  });

  it("stops at a jump host that leads back to itself", async () => {
    const client = clientOf([], ["Host loop", "ProxyJump loop"]);
    const error = await failureOf(login(client, { name: "compute-1", address: "loop" }));
    expect(error.code).to.equal("ssh-config");
    expect(error.message).to.match(/leads back to itself|jumphost loop/);
  });

  it("leaves a ProxyCommand to the OpenSSH client", async () => {
    const proxied = [
      "Host proxied",
      `ProxyCommand socat - TCP:127.0.0.1:${target.port}`,
      "HostKeyAlias t",
      `User ${username}`,
    ];
    const client = makeClient(workshop, `t ${target.hostKey}`, proxied);
    const record = { name: "compute-1", address: "proxied" };
    expect((await failureOf(login(client, record))).code).to.equal("needs-openssh");
    expect(await login(client, { ...record, transport: "openssh" })).to.match(
      new RegExp(` ${target.port}\n$`),
    );
  });
});
