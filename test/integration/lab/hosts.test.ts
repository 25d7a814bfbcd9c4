import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { Client } from "ssh2";
import { type CommandResult, run } from "../../lab/command.js";
import { type Lab, startLab } from "../../lab/lab.js";

/** Opens a unix socket through a host's SSH; resolves with `open` or with why not. */
async function openSocket(lab: Lab, port: number, path: string): Promise<string> {
  const client = new Client();
  const privateKey = await readFile(lab.ssh.identity);
  return new Promise<string>((resolve, reject) => {
    client.on("error", reject);
    client.on("ready", () => {
      client.openssh_forwardOutStreamLocal(path, (error) => resolve(error ? error.message : "open"));
    });
    client.connect({ host: "127.0.0.1", port, username: "root", privateKey });
  }).finally(() => client.end());
}

describe("a host of the lab", function () {
  this.timeout(30_000);
  let lab: Lab;
  const ssh = (address: string, command: string): Promise<CommandResult> =>
    run(["ssh", "-F", lab.sshConfig, address, command]);

  before(async () => {
    lab = await startLab({
      nics: 2,
      hostKeyTypes: ["ed25519", "ecdsa", "rsa"],
      hosts: [
        {},
        { sshd: ["AllowStreamLocalForwarding no"] },
        { externalIds: { "ovn-encap-ip": "198.51.100.13" } },
      ],
    });
  });
  after(() => lab?.stop());

  it("answers the OpenSSH client under both its names, with an Open vSwitch of its own on default paths", async () => {
    const command =
      "ovs-vsctl get Open_vSwitch . external_ids:system-id; ls -S /var/run/openvswitch/*.sock; ovs-ofctl dump-flows br-int | grep -c NORMAL";
    await Promise.all(
      lab.hosts.flatMap(({ name, alias, systemId }) =>
        [name, alias].map(async (address) => {
          const stdout = `${systemId}\n/var/run/openvswitch/db.sock\n1\n`;
          expect(await ssh(address, command)).to.deep.equal({ stdout, stderr: "", exitCode: 0 });
        }),
      ),
    );
  });

  it("lets an operator without rights in, to whom Open vSwitch is closed", async () => {
    const { stdout, stderr } = await ssh("operator@host1", "id -un; ovs-vsctl show");
    expect(stdout).to.equal("operator\n");
    expect(stderr).to.match(/Permission denied/);
  });

  it("lets a second user in, who may run Open vSwitch's tools by sudo and nothing else", async () => {
    const [direct, allowed, refused] = await Promise.all([
      ssh("tapadmin@host1", "ovs-vsctl show"),
      ssh("tapadmin@host1", "sudo -n ovs-vsctl get Open_vSwitch . external_ids:system-id"),
      ssh("tapadmin@host1", "sudo -n cat /etc/shadow"),
    ]);
    expect(direct.stderr).to.match(/Permission denied/);
    expect(allowed).to.deep.equal({ stdout: `${lab.host(1).systemId}\n`, stderr: "", exitCode: 0 });
    expect(refused.stderr).to.match(/password is required/);
  });

  it("takes its own sshd settings, and forwards the socket of OVSDB unless told not to", async () => {
    const socket = "/var/run/openvswitch/db.sock";
    expect(await openSocket(lab, lab.host(1).sshPort, socket)).to.equal("open");
    expect(await openSocket(lab, lab.host(2).sshPort, socket)).to.match(/prohibited|open failed/i);
  });

  it("is refused by the client once its keys have changed, and unreachable once SSH is off", async () => {
    const host = lab.host(3);
    const port = host.sshPort;
    await host.replaceHostKeys();
    expect((await ssh(host.name, "true")).stderr).to.match(/REMOTE HOST IDENTIFICATION HAS CHANGED/);
    const connection = ssh("host2", "echo here; sleep 20");
    await host.stopSsh();
    expect((await ssh(host.name, "true")).stderr).to.match(/Connection refused/);
    await host.startSsh(port);
    expect((await ssh(host.name, "true")).stderr).to.match(/REMOTE HOST IDENTIFICATION HAS CHANGED/);
    await lab.host(2).stopSsh();
    expect((await connection).exitCode).to.equal(255);
  });

  it("reaches the others on both its cards, and keeps the settings given for Open vSwitch", async () => {
    const host = lab.host(1);
    const pings = await Promise.all(
      ["192.0.2.12", "192.0.2.13", "198.51.100.12", "198.51.100.13"].map((address) =>
        host.run(["ping", "-c1", "-W2", address]),
      ),
    );
    expect(pings.map(({ exitCode }) => exitCode)).to.deep.equal([0, 0, 0, 0]);
    const externalId = await lab.host(3).ovs("ovs-vsctl get Open_vSwitch . external_ids:ovn-encap-ip");
    expect(externalId).to.equal('"198.51.100.13"\n');
    const tunnel = await host.ovs("ovs-vsctl get Interface vxlan-c000020c options:local_ip");
    expect(tunnel).to.equal('"192.0.2.11"\n');
  });

  it("leaves the machine's own accounts and files alone", async () => {
    const [there, here] = await Promise.all([
      lab.host(1).ovs("cut -d: -f1 /etc/passwd; ls /run /etc/openvswitch"),
      Promise.all(["/etc/passwd", "/etc/sudoers"].map((path) => readFile(path, "utf8"))),
    ]);
    expect(there)
      .to.match(/^operator$/m)
      .and.match(/^conf\.db$/m);
    expect(here.join("\n")).to.not.match(/operator:|tapadmin/);
  });
});
