import { spawnSync } from "node:child_process";
import { expect } from "chai";
import type { HostAccess } from "../../../provider/converge/access";
import {
  compareLinuxBridges,
  requireLinuxBridges,
  setLinuxBridge,
} from "../../../provider/converge/linuxBridges";
import type { Look } from "../../../provider/converge/look";
import { PlainDevices } from "../../../provider/converge/plainDevices";
import { TaasError } from "../../../provider/errors";
import { plainArgv, type Script } from "../../../provider/host/script";
import { openBridge } from "../../../provider/model/linuxBridge";
import type { Claim } from "../../../provider/schema/claim";
import { requireProgram } from "../../lacking";
import { observed, rowId } from "../model/observed";

const LEARNING = "taas-bridge out0 office 30000 in0 0x0 1";

/** A host that prints this of its Linux bridges, the `ip` commands that it was asked to run, and those that it tried. */
function host(line: string): { access: HostAccess; commands: string[]; tried: Script[] } {
  const commands: string[] = [];
  const tried: Script[] = [];
  const run: HostAccess["run"] = async (command) => {
    if (!("text" in command)) commands.push(command.join(" "));
    else if (command.name.startsWith("ip ")) tried.push(command);
    return { stdout: "text" in command ? `${line}\n` : "", stderr: "", exitCode: 0 };
  };
  const access = { run, plainDevices: new PlainDevices(), record: { name: "host1" } };
  return { access: access as unknown as HostAccess, commands, tried };
}

/** What is seen of a host with the monitor `out0`, and of the note of the Linux bridge behind it. */
function look(note?: string) {
  const externalIds: Record<string, string> = note === undefined ? {} : { "taas-ageing": note };
  const facts = observed(
    { name: "br-tap", ports: [] },
    { name: "br-int", ports: [{ name: "out0", port: { externalIds }, nic: { ifindex: 7 } }] },
  );
  const service = { kind: "service", owner: "o", integrationBridge: "br-int", ports: ["out0"] };
  const read = { bridge: facts.bridges[0], claims: new Map([["o", service as unknown as Claim]]) };
  return { facts, read } as unknown as Look;
}

const monitors = [{ name: "out0", interface: rowId("Interface", "out0"), owner: "o" }];

describe("the Linux bridge behind a monitor", () => {
  it("is refused if it has more ports than a VM's and Open vSwitch's, and nothing is tried on it", async () => {
    const { access, commands, tried } = host(`${LEARNING} 3 off`);
    const error = await requireLinuxBridges(access, look(), monitors).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(TaasError);
    const { code, message } = error as TaasError;
    expect(code).to.equal("monitor-bridge-shared");
    expect(message).to.include("Linux bridge office behind monitor port out0 has 3 ports");
    expect([commands, tried]).to.deep.equal([[], []]);
  });

  it("is accepted with a warning if it got them since it serves, and tried without a write", async () => {
    const { access, commands, tried } = host(`${LEARNING} 3 off`);
    const warnings = await requireLinuxBridges(access, look("office 30000 in0 0"), monitors);
    expect(warnings.join()).to.match(
      /^Linux bridge office .* has 3 ports.*delete the service to restore it$/,
    );
    // Another writer may have opened it since it was read.
    expect(commands).to.deep.equal([]);
    expect(tried.map(({ name }) => name)).to.deep.equal([
      "ip link set dev office type bridge ageing_time 0 mcast_snooping 0",
      "ip link set dev in0 type bridge_slave group_fwd_mask 65533",
    ]);
  });

  it("is tried by what changes nothing: by the kernel's answer, or by that of sudo to the same words", async function () {
    requireProgram(this, "ip");
    const { access, tried } = host("taas-bridge out0 lo 30000 lo 0x0 1 2 off");
    await requireLinuxBridges(access, look(), monitors);
    expect(tried.length).to.equal(2);
    for (const command of tried) {
      const answer = (sudo: string) => {
        const [file, ...words] = plainArgv(command);
        const env = { ...process.env, TAAS_SUDO: sudo };
        const { status, stderr } = spawnSync(file!, words, { env, encoding: "utf8" });
        return [status, stderr.trim()];
      };
      expect(answer("")).to.deep.equal([0, ""]);
      expect(answer("env")).to.deep.equal([0, ""]);
      expect(answer("cat /taas-none").join()).to.match(/^1,cat: .taas-none.?: No such file/);
    }
  });

  it("is accepted with a warning if its frames pass the host's firewall", async () => {
    const { access } = host(`${LEARNING} 2 on`);
    const warnings = await requireLinuxBridges(access, look(), monitors);
    expect(warnings.map((warning) => warning.replace(/,.*/, ""))).to.deep.equal([
      "copies to monitor port out0 pass this host's firewall",
    ]);
  });

  it("is set by one command for the bridge and one for its port, and restored by the same", async () => {
    const { access, commands } = host("");
    const is = { name: "office", ageing: 30_000, port: "in0", mask: 0, snooping: 1 };
    await setLinuxBridge(access, openBridge(is), is);
    await setLinuxBridge(access, is);
    expect(commands).to.deep.equal([
      "ip link set dev office type bridge ageing_time 0 mcast_snooping 0",
      "ip link set dev in0 type bridge_slave group_fwd_mask 65533",
      "ip link set dev office type bridge ageing_time 30000 mcast_snooping 1",
      "ip link set dev in0 type bridge_slave group_fwd_mask 0",
    ]);
  });

  it("has only what the kernel has set", async () => {
    const { access, commands } = host("");
    const is = { name: "office", ageing: 0, port: "in0", mask: undefined, snooping: undefined };
    await setLinuxBridge(access, openBridge(is), is);
    expect(commands).to.deep.equal([]);
  });

  it("has drifted if it learns or snoops", async () => {
    const differences = await compareLinuxBridges(host(`${LEARNING} 2 off`).access, look());
    expect(differences.map(({ what }) => what)).to.deep.equal([
      "Linux bridge office has ageing time 30000, not 0",
      "Linux bridge office has mcast_snooping 1, not 0",
      "port in0 of Linux bridge office has group_fwd_mask 0x0, not 0xfffd",
    ]);
  });

  it("has drifted if it is another by now, which is shared and left as it is", async () => {
    const differences = await compareLinuxBridges(
      host(`${LEARNING} 5 off`).access,
      look("qbr-x 30000 qvb-x 0"),
    );
    const what = "Linux bridge office behind monitor port out0 has 5 ports, so others use it too";
    expect(differences).to.deep.equal([{ what, about: { port: "out0" }, owners: ["o"] }]);
  });
});
