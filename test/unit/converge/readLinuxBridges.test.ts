import { expect } from "chai";
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
    answer.stdout = "taas-bridge qvo-ids qbr-ids 30000 qvb-ids 0x0\n";
    for (const ageing of [30_000, 0]) {
      answer.stdout = `taas-bridge qvo-ids qbr-ids ${ageing} qvb-ids 0x0\n`;
      const bridges = await read(device("qvo-ids"), device("tap-ids"));
      expect([...bridges]).to.deep.equal([
        ["qvo-ids", { name: "qbr-ids", ageing, port: "qvb-ids", mask: 0 }],
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
