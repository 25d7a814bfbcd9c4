import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { broadcast } from "../copies/traffic";
import { Baseline } from "../faults/hosts";
import { KeeperProcess, until } from "../faults/keeperProcess";
import { openFiles, type Program, stepOf, succeeded } from "./program";
import { beyondClaims, storedClaims } from "./storedClaims";

const NETWORK = "0e4f8f6e-0000-4000-8000-000000000001";
const GROUP = "organization/fixture/test/TapGroup$TapFlow";

/** `renamed`: the group has another name. Frames that VMs send are copied, so that each is copied once, on the host of its sender. */
const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
import { MirrorTunnel, TapGroup, TapService } from "pulumi-taas";
const isRenamed = new pulumi.Config().get("renamed") === "yes";
const hosts = ["host1", "host2", "host3"];
const way = new MirrorTunnel("way", { hosts, mode: "mesh" });
const ids = new TapService("ids", { host: "host2", port: "tap-ids" });
const group = new TapGroup(isRenamed ? "office" : "network", {
  service: ids,
  tunnel: way,
  hosts,
  ports: {
    network: "${NETWORK}",
    except: [{ externalIds: { "vm-type": "dns" } }, { name: "tap-quiet*" }],
  },
  direction: "egress",
}, isRenamed ? { aliases: [{ name: "network" }] } : {});
export const tapped = group.flows.map((flow) => flow.portNames);
export const statuses = group.flows.map((flow) => flow.status);
`;

describe("a network that is tapped by a group", function () {
  this.timeout(300_000);
  let lab: Lab;
  let program: Program;
  let empty: Baseline;
  let keeper: KeeperProcess | undefined;
  /** The VMs of the network, but for those that come later. */
  let members: Vm[];

  const inNetwork = (vms: readonly Vm[]) =>
    vms.map((vm) => `ovs-vsctl set Port ${vm.port} other_config:net_uuid=${NETWORK}`).join("\n");

  /** Plugs a VM that comes later, as Neutron's agent does: the network is noted a moment after. */
  async function join(vm: Vm): Promise<void> {
    await vm.plug();
    await vm.host.ovs(inNetwork([vm]));
  }

  before(async () => {
    // Twenty VMs of the network on each host, and the monitor, which is of it too.
    const names = (host: number) =>
      ["dns", "quiet", ...Array.from({ length: 18 }, (_, at) => `v${at}`)].map((name) => `${name}-${host}`);
    const vms = [1, 2, 3].flatMap((host) => names(host).map((name) => ({ name, host })));
    const others = [
      { name: "ids", host: 2 },
      { name: "late1", host: 1 },
      { name: "late3", host: 3 },
      { name: "other", host: 1 },
    ];
    lab = await startLab({ hosts: 3, vms: [...vms, ...others] });
    await Promise.all([lab.vm("late1").unplug(), lab.vm("late3").unplug()]);
    members = vms.map(({ name }) => lab.vm(name));
    await Promise.all(
      lab.hosts.map((host) =>
        host.ovs(
          [
            inNetwork([...members, lab.vm("ids")].filter((vm) => vm.host === host)),
            `ovs-vsctl set Interface tap-dns-${lab.hosts.indexOf(host) + 1} external_ids:vm-type=dns`,
          ].join("\n"),
        ),
      ),
    );
    empty = await Baseline.of(lab);
    program = await openFiles({ "index.ts": PROGRAM }, config());
  });

  after(async () => {
    await keeper?.stop();
    program?.remove();
    await lab?.stop();
  });

  const config = (more: object = {}) => ({
    "taas:sshConfig": lab.sshConfig,
    "taas:hosts": { host1: { address: "host1", keeper: true } },
    ...more,
  });

  /** The names of the VMs, each of which sends one frame, whose frame is copied; as often as it is. */
  async function copiedOf(senders: readonly Vm[], expected: number): Promise<string[]> {
    const frames = senders.map((vm) => broadcast(vm));
    const capture = await lab.vm("ids").capture();
    for (let at = 0; at < senders.length; at += 10)
      await Promise.all(senders.slice(at, at + 10).map((vm, index) => vm.send([frames[at + index]!])));
    if (expected > 0) await capture.settle({ frames: expected });
    await capture.settle({ quietMs: 300 });
    const copies = await capture.stop();
    return copies
      .map((copy) => senders[frames.findIndex((frame) => frame.equals(copy))]?.name ?? "other")
      .sort();
  }

  const tapped = () => members.filter(({ name }) => /^v/.test(name));
  const namesOf = (vms: readonly Vm[]) => vms.map(({ name }) => name).sort();
  const mirrors = (host: number) => lab.host(host).ovs("ovs-vsctl --columns=_uuid --no-headings list Mirror");
  const refreshed = async (flow: string) =>
    String(stepOf(succeeded(await program.stack.refresh()), flow).new!.outputs.status);

  it("is shown as a selector, and copied whole except for what is left out, with one Mirror per host", async () => {
    const made = succeeded(await program.stack.up());
    const selector = `ports(network:${NETWORK},except:vm-type=dns|name:tap-quiet*)`;
    for (const name of ["network-host1", "network-host2", "network-host3"]) {
      const { rules } = stepOf(made, name).new!.inputs as { rules: string[] };
      expect(rules[0]).to.equal(`br-int mirror select_src_port=${selector},actions=output:br-tap`);
    }
    const outputs = await program.stack.outputs();
    expect((outputs.tapped as string[][]).map((names) => names.length)).to.deep.equal([18, 18, 18]);
    expect(outputs.statuses).to.deep.equal(["active", "active", "active"]);
    const senders = [...members, lab.vm("other")];
    expect(await copiedOf(senders, 54)).to.deep.equal(namesOf(tapped()));
    for (const host of [1, 2, 3]) expect((await mirrors(host)).trim().split("\n")).to.have.length(1);
    expect(Object.keys(await storedClaims(lab.host(3)))).to.have.members([
      `${GROUP}/network-host3`,
      "organization/fixture/test/MirrorTunnel/way",
    ]);
  });

  it("is renamed in place, without affecting copies", async () => {
    const before = await Promise.all(lab.hosts.map((host) => host.snapshot()));
    await program.stack.configure(config({ "fixture:renamed": "yes" }));
    succeeded(await program.stack.up());
    expect(Object.keys(await storedClaims(lab.host(3)))).to.include(`${GROUP}/office-host3`);
    expect(await beyondClaims(lab.hosts, before)).to.deep.equal([]);
  });

  it("has a later VM reported by a refresh and tapped by up, and a removed one no longer copied", async () => {
    const late3 = lab.vm("late3");
    await join(late3);
    await lab.host(3).ovs("ovs-vsctl remove Port tap-v0-3 other_config net_uuid");
    const status = await refreshed("office-host3");
    expect(status).to.include("port tap-late3 matches and is not tapped");
    expect(status).to.include("port tap-v0-3 is tapped and does not match");
    succeeded(await program.stack.up());
    expect(await copiedOf([late3, lab.vm("v0-3"), lab.vm("v1-3")], 2)).to.deep.equal(["late3", "v1-3"]);
  });

  it("has a new VM tapped within 2 s where a keeper is, without Pulumi, and no longer once it is removed", async () => {
    keeper = await KeeperProcess.start(lab.host(1));
    const [late1, host] = [lab.vm("late1"), lab.host(1)];
    const capture = await lab.vm("ids").capture();
    const since = performance.now();
    await join(late1);
    await until(async () => {
      await late1.send([broadcast(late1)]);
      return capture.frames.length > 0;
    }, 2);
    console.log(`      copied ${((performance.now() - since) / 1000).toFixed(2)} s after the VM was plugged`);
    await capture.stop();
    await host.ovs("ovs-vsctl remove Port tap-v0-1 other_config net_uuid");
    await until(async () => (await keeper!.log()).includes('port "tap-v0-1" was in select_src_port'), 2);
    expect(await copiedOf([late1, lab.vm("v0-1"), lab.vm("v1-1")], 2)).to.deep.equal(["late1", "v1-1"]);
    expect(await refreshed("office-host1")).to.equal("active");
    await keeper.stop();
    keeper = undefined;
  });

  it("is repaired wherever it was altered by hand", async () => {
    const key = `${GROUP}/office-host2`;
    const claim = JSON.stringify((await storedClaims(lab.host(2)))[key]).replace("tap-quiet*", "tap-v1*");
    await lab
      .host(2)
      .ovs(`ovs-vsctl set Bridge br-tap 'external_ids:"taas:${key}"=${JSON.stringify(claim)}'`);
    const mirror = (await mirrors(3)).trim();
    await lab.host(3).ovs(`
ovs-vsctl -- --id=@p get Port tap-v2-3 -- remove Mirror ${mirror} select_src_port @p
ovs-vsctl -- --id=@p get Port tap-dns-3 -- add Mirror ${mirror} select_src_port @p`);
    await lab.host(1).ovs(`ovs-vsctl clear Bridge br-int mirrors`);
    const { steps } = succeeded(await program.stack.refresh());
    const says = (flow: string) => String(steps.find(({ name }) => name === flow)!.new!.outputs.status);
    expect(says("office-host1")).to.match(/missing mirror taas-[0-9a-f]{12} on br-int/);
    expect(says("office-host2")).to.include("altered claim: source.ports.except[1].name");
    expect(says("office-host3")).to.include("port tap-v2-3 matches and is not tapped");
    expect(says("office-host3")).to.include("port tap-dns-3 is tapped and does not match");
    succeeded(await program.stack.up());
    const suspects = ["dns-1", "quiet-2", "dns-3", "v0-1", "v0-3"].map((name) => lab.vm(name));
    const witnesses = ["v2-1", "v1-2", "v2-3", "late1", "late3"].map((name) => lab.vm(name));
    expect(await copiedOf([...suspects, ...witnesses], 5)).to.deep.equal(namesOf(witnesses));
  });

  it("leaves the hosts as they were", async () => {
    succeeded(await program.stack.destroy());
    await Promise.all([lab.vm("late1").unplug(), lab.vm("late3").unplug()]);
    await Promise.all([1, 3].map((host) => lab.host(host).ovs(inNetwork([lab.vm(`v0-${host}`)]))));
    expect(await empty.differences()).to.deep.equal([]);
  });
});
