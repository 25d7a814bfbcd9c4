import { expect } from "chai";
import { enableFirewall } from "../../lab/firewall.js";
import { arp, BROADCAST, TCP_FLAGS, tcp, udp } from "../../lab/frames.js";
import { type Lab, startLab } from "../../lab/lab.js";
import { between, type Vm } from "../../lab/vm.js";

/** Whether a frame arrives. A broadcast sent after it, which the firewall lets pass, says when it should have. */
async function arrives(from: Vm, to: Vm, frame: Buffer): Promise<boolean> {
  const body = { operation: 1, senderMac: from.mac, senderIp: from.ip, targetIp: to.ip } as const;
  const broadcast = arp({ ...between(from, to), destination: BROADCAST }, body);
  const capture = await to.capture();
  await from.send([frame]);
  await from.send([broadcast]);
  await capture.settle({ frames: 2, timeoutMs: 150 });
  await capture.settle({ frames: 1 });
  const frames = (await capture.stop()).map((each) => each.toString("hex"));
  expect(frames).to.include(broadcast.toString("hex"));
  return frames.includes(frame.toString("hex"));
}

describe("the firewall of the lab", function () {
  this.timeout(30_000);
  let lab: Lab;
  let server: Vm;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "server", host: 1 },
        { name: "near", host: 1 },
        { name: "far", host: 2 },
      ],
    });
    server = lab.vm("server");
    await enableFirewall(
      server.host,
      [{ vm: server, accept: [{ protocol: "tcp", port: 80 }] }],
      [lab.vm("near")],
    );
  });
  after(() => lab?.stop());

  for (const name of ["near", "far"]) {
    it(`lets an allowed connection from the ${name} VM in, and its answers out`, async () => {
      const client = lab.vm(name);
      const [there, back] = [between(client, server), between(server, client)];
      const request = { ...there, sourcePort: 40_000, destinationPort: 80 };
      const answer = { ...back, sourcePort: 80, destinationPort: 40_000, acknowledgment: 2 };
      const { syn, ack } = TCP_FLAGS;
      expect(await arrives(client, server, tcp({ ...request, flags: syn }))).to.equal(true);
      expect(await arrives(server, client, tcp({ ...answer, flags: syn | ack }))).to.equal(true);
      expect(await arrives(client, server, tcp({ ...request, sequence: 2, acknowledgment: 2 }))).to.equal(
        true,
      );
    });

    it(`keeps everything else from the ${name} VM out, until the server itself asks`, async () => {
      const client = lab.vm(name);
      const [there, back] = [between(client, server), between(server, client)];
      const closed = { ...there, sourcePort: 40_001, destinationPort: 81, flags: TCP_FLAGS.syn };
      expect(await arrives(client, server, tcp(closed))).to.equal(false);
      const answer = udp({ ...there, sourcePort: 53, destinationPort: 5353 });
      expect(await arrives(client, server, answer)).to.equal(false);
      expect(await arrives(server, client, udp({ ...back, sourcePort: 5353, destinationPort: 53 }))).to.equal(
        true,
      );
      expect(await arrives(client, server, answer)).to.equal(true);
    });

    it(`keeps the server from sending to the ${name} VM under an address that is not its own`, async () => {
      const back = between(server, lab.vm(name));
      const spoofed = { ...back, sourceIp: "198.51.100.250", sourcePort: 1, destinationPort: 2 };
      expect(await arrives(server, lab.vm(name), udp(spoofed))).to.equal(false);
    });
  }
});
