import { chmodSync, chownSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { HostRecord } from "../../../provider/host/host";
import type { HostSession, OvsdbChannel } from "../../../provider/host/session";
import { failureOf, makeClient } from "./client";
import { makeOperator, type Operator } from "./operator";
import { type OvsdbServer, startOvsdbServer } from "./ovsdbServer";
import { makeWorkshop, type SshServer, startSshServer, type Workshop } from "./sshServer";

const SELECT = ["Open_vSwitch", { op: "select", table: "Open_vSwitch", where: [], columns: ["next_cfg"] }];
const SELECTED = [{ rows: [{ next_cfg: 0 }] }];

describe("a session with the rights of its login user", () => {
  let workshop: Workshop;
  let ovsdb: OvsdbServer;
  let operator: Operator;
  let free: SshServer;
  let withoutForwarding: SshServer;

  before(async () => {
    workshop = makeWorkshop();
    ovsdb = await startOvsdbServer(workshop.path);
    operator = makeOperator(workshop, "taas-operator ALL=(root) NOPASSWD: ALL");
    free = await serve(operator.wrapper);
    withoutForwarding = await serve(operator.wrapper, "AllowStreamLocalForwarding no");
  });

  beforeEach(() => {
    chownSync(socket(), 0, 0);
    chmodSync(socket(), 0o750);
    chmodSync(ovsdb.rundir, 0o755);
  });

  after(async () => {
    await ovsdb?.stop();
    await workshop.remove();
  });

  const socket = () => join(ovsdb.rundir, "db.sock");
  const serve = (wrapper: string[], ...config: string[]) =>
    startSshServer(workshop, { config: [`SetEnv HOME=/ OVS_RUNDIR=${ovsdb.rundir}`, ...config], wrapper });
  const as = async <T>(
    server: SshServer,
    fields: Partial<HostRecord>,
    work: (session: HostSession) => Promise<T>,
  ) => {
    const client = makeClient(workshop, server.knownHostsLine);
    try {
      return await client.pool.use(client.record(server, fields), work);
    } finally {
      await client.pool.closeAll();
    }
  };
  const byOperator = { user: "taas-operator" };
  const open = (session: HostSession) => session.openOvsdb();

  for (const transport of ["ssh2", "openssh"] as const) {
    it(`${transport}: gives root the socket as a stream`, async () => {
      const channel = await as(free, { transport }, async (session) => transact(await open(session)));
      expect(channel).to.deep.equal({ kind: "stream", result: SELECTED });
    });

    it(`${transport}: gives a user of the socket's group the socket as a stream`, async () => {
      chownSync(socket(), 0, operator.uid);
      chmodSync(socket(), 0o770);
      const channel = await as(free, { ...byOperator, transport }, async (session) =>
        transact(await open(session)),
      );
      expect(channel).to.deep.equal({ kind: "stream", result: SELECTED });
    });

    it(`${transport}: uses sudo if the user may not use the socket`, async () => {
      const channel = await as(free, { ...byOperator, transport }, async (session) =>
        transact(await open(session)),
      );
      expect(channel).to.deep.equal({ kind: "tool", result: SELECTED });
    });
  }

  it("uses ovsdb-client if the server forwards no sockets", async () => {
    const channel = await as(withoutForwarding, {}, async (session) => transact(await open(session)));
    expect(channel).to.deep.equal({ kind: "tool", result: SELECTED });
  });

  it("finds out through sudo what the user may not even see", async () => {
    chmodSync(ovsdb.rundir, 0o700);
    const channel = await as(free, byOperator, async (session) => transact(await open(session)));
    expect(channel).to.deep.equal({ kind: "tool", result: SELECTED });
  });

  it("passes quotes and a hundred kilobytes through ovsdb-client, and refuses what exceeds Linux's limit for an argument", async () => {
    await as(free, byOperator, async (session) => {
      const channel = await open(session);
      if (channel.kind !== "tool") throw new Error("expected ovsdb-client");
      const comment = (text: string) => JSON.stringify(["Open_vSwitch", { op: "comment", comment: text }]);
      expect(
        JSON.parse(await channel.transact(comment(`it's "quoted" $HOME ${"x".repeat(100_000)}`))),
      ).to.deep.equal([{}]);
      expect((await failureOf(channel.transact(comment("x".repeat(140_000))))).code).to.equal(
        "transaction-too-large",
      );
      expect((await failureOf(channel.transact(comment('"'.repeat(66_000))))).code).to.equal(
        "transaction-too-large",
      );
    });
  });

  it("runs commands as root when it has to, and only then", async () => {
    const whoami = (fields: Partial<HostRecord>) =>
      as(free, fields, async (session) => (await session.run(["id", "-un"])).stdout.trim());
    expect(await whoami(byOperator)).to.equal("root");
    expect(await whoami({ ...byOperator, sudo: "never" })).to.equal("taas-operator");
    expect(await whoami({ sudo: "always" })).to.equal("root");
    chmodSync(socket(), 0o777);
    expect(await whoami(byOperator)).to.equal("taas-operator");
    expect(await whoami({ ...byOperator, sudo: "always" })).to.equal("root");
  });

  it("tries again as root what the socket's group alone may not do", async () => {
    chmodSync(socket(), 0o777);
    const result = await as(free, byOperator, (session) => session.run(["cat", "/etc/sudoers"]));
    expect(result.stdout).to.include("NOPASSWD");
  });

  it("keeps words, input and the run directory through sudo", async () => {
    const script = 'cat; echo "[$1]" "$OVS_RUNDIR"; exit 5';
    const result = await as(free, byOperator, (session) =>
      session.run(["sh", "-c", script, "-", "it's $HOME"], { input: "in\n" }),
    );
    expect(result).to.deep.include({ stdout: `in\n[it's $HOME] ${ovsdb.rundir}\n`, exitCode: 5 });
  });

  it("says what is missing if sudo may not be used", async () => {
    const never = { ...byOperator, sudo: "never" as const };
    const refused = await failureOf(as(free, never, open));
    expect(refused.code).to.equal("no-rights");
    expect(refused.message).to.include("taas-operator@127.0.0.1").and.to.include(socket());
    const command = await failureOf(as(free, never, (session) => session.run(["cat", "/etc/sudoers"])));
    expect(command.code).to.equal("no-rights");
  });

  for (const [how, fields] of [
    ["as root", {}],
    ["by sudo", byOperator],
  ] as const) {
    it(`says which tool is missing if Open vSwitch itself runs, in a script too (${how})`, async () => {
      const script = { text: "$TAAS_SUDO ovs-taas-none || exit 3", name: "taas-test", words: [] };
      for (const command of [["ovs-taas-none"], script]) {
        const error = await failureOf(as(free, fields, (session) => session.run(command)));
        expect(error.code, error.message).to.equal("no-ovs");
        expect(error.message).to.match(/ has no ovs-taas-none, although Open vSwitch runs there/);
        expect(error.hint).to.match(/in a container/);
      }
    });
  }

  for (const [why, sudoers, expected] of [
    ["wants a password", "taas-operator ALL=(root) ALL", /password is required/],
    ["does not know the user", "", /password is required|not in the sudoers file/],
    [
      "allows only other commands",
      "taas-operator ALL=(root) NOPASSWD: /bin/true",
      /password is required|not allowed/,
    ],
    ["wants a terminal", "Defaults requiretty\ntaas-operator ALL=(root) NOPASSWD: ALL", /must have a tty/],
  ] as const) {
    it(`says that sudo ${why}`, async () => {
      const server = await serve(makeOperator(workshop, sudoers).wrapper);
      const error = await failureOf(
        as(server, byOperator, async (session) => {
          const channel = await open(session);
          return channel.kind === "tool" ? channel.transact(JSON.stringify(SELECT)) : channel;
        }),
      );
      expect(error.code).to.equal("no-rights");
      expect(error.message).to.match(expected);
      expect(error.hint).to.match(/group .*sudoers/);
    });
  }

  it("says that sudo is not installed", async () => {
    const bin = join(workshop.path, "bin");
    mkdirSync(bin);
    for (const tool of ["sh", "env", "id", "ovs-vsctl", "ovsdb-client"])
      symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
    const server = await startSshServer(workshop, {
      config: [`SetEnv HOME=/ PATH=${bin} OVS_RUNDIR=${ovsdb.rundir}`],
      wrapper: operator.wrapper,
    });
    const error = await failureOf(as(server, byOperator, (session) => session.run(["id"])));
    expect(error.code).to.equal("no-rights");
    expect(error.message).to.include("sudo is not installed");
  });

  it("says that ovsdb-server does not run", async () => {
    const server = await startSshServer(workshop, {
      config: [`SetEnv HOME=/ OVS_RUNDIR=${workshop.path}/none`],
    });
    const error = await failureOf(as(server, {}, open));
    expect(error.code).to.equal("no-ovs");
    expect(error.message).to.include(`${workshop.path}/none/db.sock`);
  });

  it("says that Open vSwitch is not installed", async () => {
    const wrapper = [
      "unshare",
      "-m",
      "sh",
      "-c",
      'mount -t tmpfs none /run/openvswitch 2>/dev/null; mount --bind /dev/null /usr/bin/ovs-vsctl && exec "$@"',
      "-",
    ];
    const server = await startSshServer(workshop, {
      config: [`SetEnv HOME=/ OVS_RUNDIR=${workshop.path}/none`],
      wrapper,
    });
    expect((await failureOf(as(server, {}, open))).message).to.include("not installed");
    const command = await failureOf(as(server, {}, (session) => session.run(["ovs-taas-none"])));
    expect(command.code).to.equal("no-ovs");
  });

  it("says that the login shell runs no commands", async () => {
    const server = await serve([], "ForceCommand echo no");
    const error = await failureOf(as(server, {}, open));
    expect(error.code).to.equal("exec-failed");
    expect(error.message).to.include("no");
  });

  it("uses this machine's OVS without SSH", async () => {
    const client = makeClient(workshop, "");
    process.env.OVS_RUNDIR = ovsdb.rundir;
    try {
      const channel = await client.pool.use({ name: "local", address: "local" }, async (session) =>
        transact(await open(session)),
      );
      expect(channel).to.deep.equal({ kind: "stream", result: SELECTED });
    } finally {
      delete process.env.OVS_RUNDIR;
    }
  });
});

/** One transaction over either kind of channel. */
async function transact(channel: OvsdbChannel): Promise<{ kind: string; result: unknown }> {
  const { kind } = channel;
  if (channel.kind === "tool")
    return { kind, result: JSON.parse(await channel.transact(JSON.stringify(SELECT))) };
  const { stream } = channel;
  const reply = new Promise<string>((resolve, reject) =>
    stream.once("data", (chunk: Buffer) => resolve(chunk.toString())).once("error", reject),
  );
  stream.write(JSON.stringify({ id: 0, method: "transact", params: SELECT }));
  const { result } = JSON.parse(await reply);
  stream.destroy();
  return { kind, result };
}
