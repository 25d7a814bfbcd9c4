import { expect } from "chai";
import { statistics } from "../../provider/handlers";
import { Driver } from "../driver/driver";
import { udp } from "../lab/frames";
import type { LabHost } from "../lab/host";
import { type Lab, startLab } from "../lab/lab";
import { diffSnapshots } from "../lab/snapshot";
import { between } from "../lab/vm";
import { requireProgram } from "../lacking";
import { sampleOf } from "../sample";

/** Login shells by the files of theirs that greet; all are greeted by sshd's own `~/.ssh/rc` as well. */
const SHELLS = [
  { name: "bash", program: "bash", path: "/bin/bash", greets: ".bashrc" },
  { name: "fish", program: "fish", path: "/usr/bin/fish", greets: ".config/fish/config.fish" },
  { name: "tcsh", program: "tcsh", path: "/usr/bin/tcsh", greets: ".tcshrc" },
  { name: "busybox ash", program: "busybox", path: "/run/ash", greets: ".profile" },
] as const;

/** How a host is reached; the last differs in no other shell than it does in bash. */
const WAYS = [
  ["over the sockets", { user: "root" }],
  ["by ovsdb-client and sudo", { user: "tapadmin" }],
  ["by the machine's own ssh", { user: "root", transport: "openssh" }],
] as const;

/** Words that shells take for something. */
const DESCRIPTION = `it's "quoted", \\ \\n \\\\ back, $HOME \`id\` !! ünï\nsecond line`;

/** Gives the users of a host a login shell that prints lines before each command, where the shell can also after it. */
async function installShell(host: LabHost, { path, greets }: (typeof SHELLS)[number]): Promise<void> {
  // The lab's own commands run by bash too, and are not greeted.
  const only = greets === ".bashrc" ? '[ -n "$SSH_CONNECTION" ] || return; trap "echo Bye" EXIT' : "";
  await host.ovs(`
! busybox=$(command -v busybox) || ln -s "$busybox" /run/ash
sed 's|:/bin/bash$|:${path}|' /etc/passwd > /run/passwd && cat /run/passwd > /etc/passwd
for user in root tapadmin; do
  cd /run/home/$user && mkdir -p .ssh "$(dirname ${greets})"
  printf '%s\\n' 'echo "Welcome to compute, 42 updates"; echo "sudo: no, stderr" >&2' > .ssh/rc
  printf '%s\\n' '${only}' 'echo 30000' 'echo pushed' > ${greets}
  chown -R $user: .
done`);
}

describe("a host whose login shell prints lines", () => {
  let lab: Lab;

  before(async () => {
    const sudoCommands = "/usr/bin/ovs-*, /usr/bin/ovsdb-*, /usr/sbin/ip";
    lab = await startLab({
      hosts: SHELLS.map(() => ({ sudoCommands })),
      vms: SHELLS.flatMap((_, index) => [
        { name: `web${index + 1}`, host: index + 1, vlan: 10 },
        { name: `ids${index + 1}`, host: index + 1, vlan: 20, plug: "hybrid" as const },
      ]),
    });
    for (const [index, shell] of SHELLS.entries()) await installShell(lab.host(index + 1), shell);
  });

  after(() => lab.stop());

  const every = SHELLS.flatMap(({ name, program }, index) =>
    WAYS.slice(0, name === "bash" ? 3 : 2).map(([way, host]) => ({ name, program, index, way, host })),
  );
  for (const { name, program, index, way, host } of sampleOf(every, 4)) {
    it(`taps into a hybrid plug with a rate limit, counts, and leaves nothing: ${name}, ${way}`, async function () {
      requireProgram(this, program);
      const number = index + 1;
      const before = await lab.host(number).snapshot();
      const bridge = `/sys/class/net/qbr-ids${number}/bridge`;
      const ageing = async () => Number(await lab.host(number).ovs(`cat ${bridge}/ageing_time`));
      expect(await ageing()).to.be.above(0);
      const hosts = { compute: { address: `host${number}`, ...host } };
      const driver = new Driver(lab, undefined, { hosts });
      const service = await driver.service("ids", {
        host: "compute",
        port: `qvo-ids${number}`,
        description: DESCRIPTION,
      });
      const flow = await driver.flow("web", service, {
        host: "compute",
        port: `tap-web${number}`,
        rateLimit: { packetsPerSecond: 1000, burst: 100 },
      });
      // A bridge that learns would also deliver frames of one direction, such as those below.
      expect(await ageing()).to.equal(0);
      const web = lab.vm(`web${number}`);
      const capture = await lab.vm(`ids${number}`).capture();
      const frames = Array.from({ length: 10 }, (_, sourcePort) =>
        udp({ ...between(web, lab.vm(`ids${number}`)), sourcePort, destinationPort: 7 }),
      );
      await web.send(frames);
      const copies = await capture.settle({ frames: 10 });
      await capture.stop();
      expect(copies.map(String).sort()).to.deep.equal(frames.map(String).sort());

      for (const made of [service, flow]) {
        await driver.read(made);
        expect(made.outputs.status).to.equal("active");
      }
      const config = { "taas:sshConfig": lab.sshConfig, "taas:hosts": JSON.stringify(hosts) };
      const counted = await statistics((key) => (config as Record<string, string>)[key], ["compute"]);
      expect(counted.hosts.compute?.captures.length).to.equal(1);
      await driver.destroy();
      expect(driver.warnings).to.deep.equal([]);
      expect(diffSnapshots(before, await lab.host(number).snapshot())).to.deep.equal([]);
    });
  }
});
