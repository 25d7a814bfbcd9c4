import { userInfo } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { failureOf, makeClient, type TestClient } from "./client";
import { makeWorkshop, type SshServer, startSshServer, type Workshop } from "./sshServer";

describe("the connection pool with two machines of one private address", () => {
  let workshop: Workshop;
  let server: SshServer;
  let other: SshServer;
  const user = `User ${userInfo().username}`;

  before(() => {
    workshop = makeWorkshop();
  });
  beforeEach(async () => {
    server = await startSshServer(workshop);
    other = await startSshServer(workshop);
  });
  afterEach(() => Promise.all([server.stop(), other.stop()]));
  after(() => workshop.remove());

  /** The aliases `east` and `west` of one name, with a proxy command that leads each to a server of its own. */
  const twoSites = (prefix = "") => {
    for (const [site, { port }] of Object.entries({ east: server, west: other }))
      workshop.file(`way-${prefix}${site}`, String(port));
    const command = `ProxyCommand socat - TCP:127.0.0.1:$(cat ${join(workshop.path, "way-%n")})`;
    return [`Host ${prefix}east ${prefix}west`, `HostName site.invalid\n${user}\n${command}`];
  };
  const bothKeys = () => [server, other].map(({ hostKey }) => `site.invalid ${hostKey}`).join("\n");
  const use = (client: TestClient, address: string, transport: "ssh2" | "openssh") =>
    client.pool.use({ name: address, address, transport }, (session) =>
      session.exec(["sh", "-c", "echo $SSH_CONNECTION"]),
    );

  it("openssh: reaches each by its own proxy command", async () => {
    const client = makeClient(workshop, bothKeys(), twoSites());
    expect((await use(client, "east", "openssh")).stdout).to.match(new RegExp(` ${server.port}\n$`));
    expect((await use(client, "west", "openssh")).stdout).to.match(new RegExp(` ${other.port}\n$`));
    await client.pool.closeAll();
  });

  it("openssh: reaches each through its own jump host, which a proxy command leads to", async () => {
    const target = await startSshServer(workshop);
    const behind = ["east", "west"].flatMap((site) => [
      `Host ${site}`,
      `HostName 127.0.0.1\nPort ${target.port}\n${user}\nProxyJump gate-${site}`,
    ]);
    const known = `${bothKeys()}\n${target.knownHostsLine}`;
    const client = makeClient(workshop, known, [...behind, ...twoSites("gate-")]);
    for (const site of ["east", "west"]) await use(client, site, "openssh");
    await client.pool.closeAll();
    for (const gate of [server, other]) expect(gate.log()).to.include("Accepted publickey");
  });

  for (const transport of ["ssh2", "openssh"] as const) {
    it(`${transport}: checks the key of each under its own alias`, async () => {
      const aliases = ["east", "west"].flatMap((site) => [
        `Host ${site}`,
        `HostName 127.0.0.1\nPort ${server.port}\n${user}\nHostKeyAlias ${site}`,
      ]);
      const client = makeClient(workshop, `east ${server.hostKey}\nwest ${other.hostKey}`, aliases);
      await use(client, "east", transport);
      expect((await failureOf(use(client, "west", transport))).code).to.equal("host-key-changed");
      await client.pool.closeAll();
    });

    it(`${transport}: checks the key of each one's jump host under its own alias`, async () => {
      const aliases = ["east", "west"].flatMap((site) => [
        `Host ${site}`,
        `HostName 127.0.0.1\nPort ${other.port}\n${user}\nProxyJump gate-${site}`,
        `Host gate-${site}`,
        `HostName 127.0.0.1\nPort ${server.port}\n${user}\nHostKeyAlias gate-${site}`,
      ]);
      const known = [`gate-east ${server.hostKey}`, `gate-west ${other.hostKey}`, other.knownHostsLine];
      const client = makeClient(workshop, known.join("\n"), aliases);
      await use(client, "east", transport);
      expect((await failureOf(use(client, "west", transport))).code).to.equal("host-key-changed");
      await client.pool.closeAll();
    });
  }

  it("ssh2: refuses the proxy command of one although it is connected to the other", async () => {
    const direct = ["Host east", `HostName 127.0.0.1\nPort ${server.port}\n${user}`];
    const proxied = ["Host west", `HostName 127.0.0.1\nPort ${server.port}\n${user}\nProxyCommand false`];
    const client = makeClient(workshop, server.knownHostsLine, [...direct, ...proxied]);
    await use(client, "east", "ssh2");
    expect((await failureOf(use(client, "west", "ssh2"))).code).to.equal("needs-openssh");
    await client.pool.closeAll();
  });
});
