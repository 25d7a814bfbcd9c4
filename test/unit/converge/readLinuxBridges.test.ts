import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { HostAccess } from "../../../provider/converge/access";
import { PlainDevices } from "../../../provider/converge/plainDevices";
import { readLinuxBridges } from "../../../provider/converge/readLinuxBridges";
import type { InterfaceFacts } from "../../../provider/ovs/facts";
import { observed, rowId } from "../model/observed";

/** A device of a port, as its row tells of it. */
function device(name: string, nic: Partial<InterfaceFacts> = {}): InterfaceFacts {
  const facts = observed({ name: "br-int", ports: [{ name, nic: { ifindex: 7, ...nic } }] });
  return facts.interfaces[rowId("Interface", name)]!;
}

describe("the Linux bridges behind devices", () => {
  let asked: (readonly string[])[];
  let plainDevices: PlainDevices;
  let answer: { stdout: string; stderr: string; exitCode: number };

  beforeEach(() => {
    asked = [];
    plainDevices = new PlainDevices();
    answer = { stdout: "", stderr: "", exitCode: 0 };
  });

  const read = (...devices: InterfaceFacts[]) =>
    readLinuxBridges(
      {
        plainDevices,
        run: async (command) => {
          asked.push("words" in command ? command.words : command);
          return answer;
        },
      },
      devices,
    );

  it("are read once if there is none", async () => {
    await read(device("tap-ids"));
    expect([...(await read(device("tap-ids")))]).to.deep.equal([]);
    expect(asked).to.deep.equal([["tap-ids"]]);
  });

  it("are read again if the device is another of the same name, or has no index", async () => {
    await read(device("tap-ids"), device("tap-old", { ifindex: undefined }));
    await read(device("tap-ids", { ifindex: 8 }), device("tap-old", { ifindex: undefined }));
    expect(asked).to.deep.equal([
      ["tap-ids", "tap-old"],
      ["tap-ids", "tap-old"],
    ]);
  });

  it("are read each time if there is one, because somebody may change it", async () => {
    answer.stdout = "taas-bridge qvo-ids qbr-ids 30000 qvb-ids 0x0 - 2 off\n";
    const rest = { snooping: undefined, ports: 2, firewall: "off" };
    for (const ageing of [30_000, 0]) {
      answer.stdout = `taas-bridge qvo-ids qbr-ids ${ageing} qvb-ids 0x0 - 2 off\n`;
      const bridges = await read(device("qvo-ids"), device("tap-ids"));
      expect([...bridges]).to.deep.equal([
        ["qvo-ids", { name: "qbr-ids", ageing, port: "qvb-ids", mask: 0, ...rest }],
      ]);
    }
    expect(asked).to.deep.equal([["qvo-ids", "tap-ids"], ["qvo-ids"]]);
  });

  it("are read again after the command has failed", async () => {
    answer.exitCode = 127;
    await read(device("tap-ids"));
    await read(device("tap-ids"));
    expect(asked).to.have.length(2);
  });

  it("are not read if a port has no Linux device", async () => {
    await read(device("vhu-ids", { type: "dpdkvhostuserclient" }));
    expect(asked).to.deep.equal([]);
  });
});

describe("the script that reads the Linux bridges behind devices", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "taas-bridges-"));
    const ip = `#!/bin/sh\ncat "${folder}/links/$5."\${7:-*}\n`;
    write("bin/ip", ip, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(path: string, text: string, mode = 0o644): void {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), text, { mode });
  }

  /** Adds a Linux bridge to the folder that stands for the kernel's. */
  function bridge(name: string, ports: string[]): void {
    write(`net/${name}/bridge/ageing_time`, "30000\n");
    write(`net/${name}/bridge/multicast_snooping`, "1\n");
    for (const port of ports) {
      write(`net/${name}/brif/${port}`, "");
      write(`net/${port}/brport/group_fwd_mask`, "0x0\n");
      symlinkSync(`../../${name}`, join(folder, "net", port, "brport", "bridge"));
    }
  }

  /** What `ip -o link` prints of a device of a type. */
  const link = (device: string, type: string, text: string) =>
    write(`links/${device}.${type}`, `7: ${text}: <BROADCAST,UP> mtu 1500 qdisc noqueue\\    link/ether\n`);

  async function read(...names: string[]) {
    const run: HostAccess["run"] = async (command) => {
      if (!("text" in command)) throw new Error(`runs ${command.join(" ")}`);
      const text = command.text
        .replaceAll("/sys/class/net", join(folder, "net"))
        .replaceAll("/proc/sys/net/bridge", join(folder, "switches"));
      const env = { PATH: `${join(folder, "bin")}:${process.env.PATH}` };
      const words = ["-c", text, command.name, ...command.words];
      const stdout = execFileSync("sh", words, { env, encoding: "utf8" });
      return { stdout, stderr: "", exitCode: 0 };
    };
    const devices = names.map((name) => device(name));
    return Object.fromEntries(await readLinuxBridges({ run, plainDevices: new PlainDevices() }, devices));
  }

  const learning = { ageing: 30_000, mask: 0, snooping: 1 };

  it("finds that of the device, and that of the other end of its cable", async () => {
    bridge("qbr-ids", ["qvb-ids", "tap-ids"]);
    link("qvo-ids", "veth", "qvo-ids@qvb-ids");
    bridge("fwbr9", ["fwln9"]);
    expect(await read("qvo-ids", "fwln9", "tap-web")).to.deep.equal({
      "qvo-ids": { name: "qbr-ids", port: "qvb-ids", ...learning, ports: 2, firewall: "off" },
      fwln9: { name: "fwbr9", port: "fwln9", ...learning, ports: 1, firewall: "off" },
    });
  });

  it("finds it on a kernel that has less to set", async () => {
    bridge("qbr-ids", ["qvo-ids"]);
    for (const setting of ["qbr-ids/bridge/multicast_snooping", "qvo-ids/brport/group_fwd_mask"])
      rmSync(join(folder, "net", setting));
    const bare = { mask: undefined, snooping: undefined };
    const expected = {
      "qvo-ids": { name: "qbr-ids", port: "qvo-ids", ...learning, ...bare, ports: 1, firewall: "off" },
    };
    expect(await read("qvo-ids")).to.deep.equal(expected);
    // One that does not snoop has no more to set.
    write("net/qbr-ids/bridge/multicast_snooping", "0\n");
    expect(await read("qvo-ids")).to.deep.equal(expected);
  });

  for (const [what, host, own, firewall] of [
    ["the host has no module for it", undefined, "1", "off"],
    ["neither host nor bridge calls it", "0", "0", "off"],
    ["all bridges call it", "1", "0", "on"],
    ["this bridge calls it", "0", "1", "on"],
  ] as const) {
    it(`finds that the firewall is ${firewall} if ${what}`, async () => {
      bridge("qbr-ids", ["qvo-ids"]);
      write("net/qbr-ids/bridge/nf_call_iptables", "0\n");
      write("net/qbr-ids/bridge/nf_call_ip6tables", `${own}\n`);
      if (host !== undefined) write("switches/bridge-nf-call-iptables", `${host}\n`);
      expect((await read("qvo-ids"))["qvo-ids"]?.firewall).to.equal(firewall);
    });
  }

  it("takes no device below another, such as a VLAN's, for the end of a cable", async () => {
    bridge("br0", ["eth0", "tap1", "tap2"]);
    link("eth0.100", "vlan", "eth0.100@eth0");
    expect(await read("eth0.100")).to.deep.equal({});
  });

  it("takes no end in another namespace for a device of the host", async () => {
    bridge("br0", ["if5"]);
    write("links/out0.veth", "7: out0@if5: <UP> mtu 1500\\    link/ether 02:00:00:00:00:01 link-netnsid 0\n");
    expect(await read("out0")).to.deep.equal({});
  });
});
