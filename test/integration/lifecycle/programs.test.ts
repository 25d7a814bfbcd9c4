import { expect } from "chai";
import { defaultTunnelId } from "../../../provider/model/identity";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots } from "../../lab/snapshot";
import { inEachLanguage, stepOf, succeeded, WrittenProgram } from "./program";

const OWNER = "organization/fixture/test/TapService/ids";

const written = (direction = "both") => `
resources:
  ids: { type: taas:TapService, properties: { host: host2, port: tap-ids } }
  way: { type: taas:MirrorTunnel, properties: { hosts: [host2, host1], udpPort: 15000 } }
  web:
    type: taas:TapFlow
    properties:
      service: \${ids.ref}
      host: host1
      port: tap-web
      direction: ${direction}
      tunnel: \${way.ref}
  db:
    type: taas:TapFlow
    properties: { service: "\${ids.ref}", host: host1, port: { mac: FA-16-3E-00-00-02 } }
outputs:
  ref: \${ids.ref}
  tunnelId: \${web.tunnelId}
  status: ["\${ids.status}", "\${way.status}", "\${web.status}", "\${db.status}"]
  portName: \${db.portName}
`;

inEachLanguage("a program's life", (language) => {
  let lab: Lab;
  let program: WrittenProgram;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "db", host: 1 },
      { name: "ids", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
    program = await WrittenProgram.open(language, written(), { "taas:sshConfig": lab.sshConfig });
  });

  after(async () => {
    program?.remove();
    await lab?.stop();
  });

  /** Does the work while no host can be reached: there is no ssh configuration that knows one. */
  async function offline<T>(work: () => Promise<T>): Promise<T> {
    await program.stack.configure({ "taas:sshConfig": "/nonexistent/ssh_config" });
    try {
      return await work();
    } finally {
      await program.stack.configure({ "taas:sshConfig": lab.sshConfig });
    }
  }

  it("goes from a preview that contacts no host to an end that leaves none changed", async () => {
    let { stack } = program;
    const before = await Promise.all(lab.hosts.map((host) => host.snapshot()));
    const id = defaultTunnelId(OWNER);
    const hex = `0x${id.toString(16)}`;

    const plan = succeeded(await offline(() => stack.preview()));
    expect(plan.changes).to.deep.equal({ create: 5 });
    const planned = (name: string) => stepOf(plan, name).new!.inputs;
    expect(planned("ids")).to.deep.include({
      tunnelId: id,
      rules: [
        "br-int port tap-ids moves to br-tap unless it is there",
        "br-tap table=0,in_port=tap-ids,actions=drop",
        `br-tap table=2,tun_id=${hex},actions=output:tap-ids`,
      ],
    });
    expect(planned("ids").ref).to.deep.include({ format: 1, owner: OWNER, tunnelId: id });
    expect(planned("web")).to.deep.include({ tunnelId: id, direction: "both", service: planned("ids").ref });
    const rulesOf = (name: string) => planned(name).rules as string[];
    expect(rulesOf("web").slice(0, 2)).to.deep.equal([
      "br-int mirror select_src_port=tap-web,actions=output:br-tap",
      "br-int mirror select_dst_port=tap-web,actions=output:br-tap",
    ]);
    expect(rulesOf("web").at(-1)).to.match(
      new RegExp(`^br-tap table=2,in_port=tap-web,actions=set_field:${hex}->tun_id,`),
    );
    expect(rulesOf("db").at(-1)).to.contain("in_port=mac:fa:16:3e:00:00:02,");
    expect(rulesOf("way").join()).to.match(
      /host2 br-tap port vxlan .*dst_port=15000.*host1 br-tap port vxlan/,
    );
    for (const text of ["ids", "way", "web", "db"].flatMap(rulesOf)) expect(plan.text).to.contain(text);
    expect(plan.text).not.to.match(/__provider|output<string>.*rules/);

    succeeded(await stack.up());
    const outputs = await stack.outputs();
    expect(outputs).to.deep.include({ tunnelId: id, status: Array(4).fill("active"), portName: "tap-db" });
    expect(outputs.ref).to.deep.equal(planned("ids").ref);
    succeeded(await offline(() => stack.preview({ expectNoChanges: true })));
    succeeded(await stack.up({ expectNoChanges: true }));

    await program.become(written("ingress"));
    stack = program.stack;
    const edit = succeeded(await offline(() => stack.preview()));
    expect(edit.changes).to.deep.include({ update: 1 });
    const changed = stepOf(edit, "web").changes.map(({ path }) => path);
    expect(changed.filter((path) => !path.startsWith("rules"))).to.deep.equal(["direction"]);
    expect(changed.length).to.be.greaterThan(1);
    expect(edit.text).to.match(/- .*select_src_port=tap-web|select_src_port=tap-web.*=>/);
    const unreachable = await offline(() => stack.up());
    expect(unreachable.diagnostics.map(({ message }) => message).join()).to.match(
      /ssh configuration for host/,
    );
    succeeded(await stack.up());
    const [mirror] = (await lab.host(1).ovs("ovs-vsctl --bare --columns=select_src_port list Mirror")).split(
      "\n",
    );
    expect(mirror!.split(" "), "db's port only").to.have.length(1);

    succeeded(await stack.refresh({ expectNoChanges: true }));
    succeeded(await stack.preview({ expectNoChanges: true }));
    succeeded(await stack.destroy());
    for (const [index, host] of lab.hosts.entries()) {
      expect(diffSnapshots(before[index]!, await host.snapshot()), host.name).to.deep.equal([]);
    }
  });

  it("is repaired by a refresh and an up after somebody broke it", async () => {
    const { stack } = program;
    succeeded(await stack.up());
    await lab.host(1).ovs("ovs-vsctl clear Bridge br-int mirrors");
    await lab.host(2).ovs("ovs-vsctl del-br br-tap");
    await lab.vm("ids").plug();
    const found = succeeded(await stack.refresh());
    expect(found.steps.find(({ name }) => name === "ids")?.new ?? undefined).to.equal(undefined);
    const plan = succeeded(await stack.preview());
    expect(plan.changes).to.deep.include({ create: 1, update: 3 });
    succeeded(await stack.up());
    expect((await stack.outputs()).status).to.deep.equal(Array(4).fill("active"));
    succeeded(await stack.refresh({ expectNoChanges: true }));
    succeeded(await stack.destroy());
    for (const host of lab.hosts) expect(await host.ovs("ovs-vsctl list-br")).not.to.contain("br-tap");
  });
});
