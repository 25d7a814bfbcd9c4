import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { BROADCAST, udp } from "../../lab/frames";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { between, received } from "../copies/traffic";
import { type Program, stepOf, succeeded } from "../lifecycle/program";
import { openYaml } from "./program";

const PROGRAM = `
config:
  filter: { type: string }
resources:
  ids:
    type: taas:TapService
    properties: { host: host1, port: tap-ids }
  web:
    type: taas:TapFlow
    properties:
      service: \${ids.ref}
      host: host1
      port: tap-web
      direction: egress
      filter: \${filter}
outputs:
  rules: \${web.rules}
  status: \${web.status}
`;

/** All ports of the host but some are tapped until a moment. */
const SELECTING = `
config:
  until: { type: string }
resources:
  rec:
    type: taas:TapService
    properties: { host: host1, port: tap-rec }
  office:
    type: taas:TapFlow
    properties:
      service: \${rec.ref}
      host: host1
      ports: { name: "*", except: [{ name: "tap-p*" }, { mac: "\${mac}" }] }
      direction: egress
      until: \${until}
variables:
  mac: MAC
outputs:
  portNames: \${office.portNames}
  status: \${office.status}
`;

describe("an expression in a YAML program", function () {
  this.timeout(120_000);
  let lab: Lab;
  let program: Program;

  const configured = (filter: string) => ({ "taas:sshConfig": lab.sshConfig, "fixture:filter": filter });

  before(async () => {
    const vms = ["web", "peer", "ids", "rec"].map((name) => ({ name, host: 1 as const }));
    lab = await startLab({ hosts: 1, vms });
    program = await openYaml(PROGRAM, configured("udp dst port 4001 or 4002 and not dst net 203.0.113.0/24"));
  });

  after(async () => {
    if (program !== undefined) succeeded(await program.stack.destroy());
    program?.remove();
    await lab?.stop();
  });

  it("is shown as rules by the first preview, and copies what it matches", async () => {
    const { steps } = succeeded(await program.stack.preview());
    const web = steps.find(({ name }) => name === "web")!.new!;
    expect((web.inputs.rules as string[]).filter((line) => line.includes("udp"))).to.deep.equal([
      "br-tap table=1,in_port=tap-web rule 1: udp|udp6,dl_vlan=untagged,tp_dst=4001-4002 accept",
    ]);
    succeeded(await program.stack.up());
    const [from, to, monitor] = ["web", "peer", "ids"].map((name) => lab.vm(name));
    const datagrams = [4000, 4001, 4002, 4003].map((destinationPort) =>
      udp({ ...between(from!, to!), sourcePort: 9, destinationPort }),
    );
    const elsewhere = udp({
      ...between(from!, to!),
      destinationIp: "203.0.113.5",
      sourcePort: 9,
      destinationPort: 4001,
    });
    const [came] = await received([monitor!], () => from!.send([...datagrams, elsewhere]), [2]);
    expect(came!.map((frame) => frame.toString("hex"))).to.have.members(
      datagrams.slice(1, 3).map((frame) => frame.toString("hex")),
    );
    succeeded(await program.stack.preview({ expectNoChanges: true }));
    succeeded(await program.stack.refresh({ expectNoChanges: true }));
  });

  it("is shown as a change of itself and of the rules, and changed in place", async () => {
    await program.stack.configure(configured("tcp port 443"));
    const step = stepOf(succeeded(await program.stack.preview()), "web");
    expect(step.op).to.equal("update");
    expect(Object.keys(step.detailed ?? {}).filter((path) => !path.startsWith("rules"))).to.deep.equal([
      "filter",
    ]);
    expect(succeeded(await program.stack.up()).changes).to.include({ update: 1 });
    expect((await program.stack.outputs()).status).to.equal("active");
  });

  it("stands beside a selector with an end, which copies what it selects until then", async () => {
    const [web, peer, ids, rec] = ["web", "peer", "ids", "rec"].map((name) => lab.vm(name));
    const ending = (milliseconds: number) => ({
      "taas:sshConfig": lab.sshConfig,
      "fixture:until": new Date(Date.now() + milliseconds).toISOString(),
    });
    const text = SELECTING.replace("MAC", JSON.stringify(ids!.mac));
    const selecting = await openYaml(text, ending(3_600_000), "selecting");
    const from = (vm: Vm) =>
      udp({ ...between(vm, web!), destination: BROADCAST, sourcePort: 9, destinationPort: 9 });
    const frames = [web!, peer!, ids!].map(from);
    const copiesOf = async (count: number) => {
      const send = async () => {
        await Promise.all([web!, peer!, ids!].map((vm, index) => vm.send([frames[index]!])));
      };
      const [came] = await received([rec!], send, [count]);
      return came!.map((frame) => frame.toString("hex"));
    };
    try {
      succeeded(await selecting.stack.up());
      // The port of the other stack's monitor is on the tap bridge.
      expect((await selecting.stack.outputs()).portNames).to.deep.equal(["tap-web"]);
      expect(await copiesOf(1)).to.deep.equal([frames[0]!.toString("hex")]);
      succeeded(await selecting.stack.preview({ expectNoChanges: true }));
      const soon = ending(4000);
      await selecting.stack.configure(soon);
      succeeded(await selecting.stack.up());
      await sleep(Math.max(0, Date.parse(soon["fixture:until"]) - Date.now()) + 1000);
      expect(await copiesOf(0)).to.deep.equal([]);
      succeeded(await selecting.stack.up());
      expect((await selecting.stack.outputs()).status).to.equal("ended");
    } finally {
      succeeded(await selecting.stack.destroy());
      selecting.remove();
    }
  });

  it("is refused by a preview, with the character that the wrong term begins at", async () => {
    await program.stack.configure(configured("tcp port 443 and less 60"));
    const { succeeded: isFine, diagnostics } = await program.stack.preview();
    expect(isFine).to.equal(false);
    const messages = diagnostics.map(({ message }) => message).join("\n");
    expect(messages).to.match(
      /filter.*character 18, "less": Open vSwitch cannot match the length of a frame/s,
    );
    await program.stack.configure(configured("tcp port 443"));
  });
});
