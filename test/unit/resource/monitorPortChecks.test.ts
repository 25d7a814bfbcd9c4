import { expect } from "chai";
import { monitorPortChecks } from "../../../provider/resource/monitorPortChecks";
import type { Properties } from "../../../provider/resource/resource";
import { UNKNOWN } from "../../../provider/schema/unknown";

const names = { resolveHost: (host: unknown) => ({ name: String(host), address: String(host) }) };
const UUID = "ab0d5a4c-7b7a-4f0e-9a57-2c1e39f3b1d7";

/** What `check` makes of a port's arguments on host2. */
function check(args: Properties, olds: Properties = {}) {
  return monitorPortChecks.check(names, olds, { host: "host2", owner: "o/p/s/MonitorPort/sensor", ...args });
}

/** The inputs that it makes of arguments that are right. */
function checked(args: Properties, olds?: Properties): Properties {
  const { inputs, failures } = check(args, olds);
  expect(failures).to.deep.equal([]);
  return inputs;
}

function refuses(what: string, args: Properties, property: string, reason: RegExp): void {
  it(`refuses ${what}`, () => {
    const { failures } = check(args);
    expect(failures.map((failure) => failure.property)).to.deep.equal([property]);
    expect(failures[0]!.reason).to.match(reason);
  });
}

describe("the check of a monitor port", () => {
  it("names a device, which a TapService then names as its port", () => {
    const { type, name, port, portName, libvirt, rules } = checked({ mtu: 9000, mac: "02-00-00-00-00-0A" });
    expect(name).to.match(/^mp-[0-9a-f]{12}$/);
    expect({ type, port, portName, libvirt }).to.deep.equal({
      ...{ type: "internal", port: name, portName: name, libvirt: "" },
    });
    expect(rules).to.deep.equal([`br-tap port ${name} type=internal,mac=02:00:00:00:00:0a,mtu_request=9000`]);
    expect(checked({ name: "suricata0" }).port).to.equal("suricata0");
  });

  it("returns libvirt's element for a VM's interface that its hypervisor attaches", () => {
    const { ifaceId, port, libvirt, rules, ...rest } = checked({ type: "attach" });
    expect(ifaceId).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(port).to.deep.equal({ ifaceId });
    expect(libvirt).to.equal(
      [
        "<interface type='bridge'>",
        "  <source bridge='br-tap'/>",
        "  <virtualport type='openvswitch'>",
        `    <parameters interfaceid='${ifaceId}'/>`,
        "  </virtualport>",
        "  <model type='virtio'/>",
        "</interface>",
      ].join("\n"),
    );
    expect(rules).to.deep.equal([`br-tap port iface-id:${ifaceId} which its hypervisor attaches`]);
    expect(rest).not.to.have.any.keys("name", "portName", "socketPath");
    expect(checked({ type: "attach", ifaceId: UUID.toUpperCase() }).port).to.deep.equal({ ifaceId: UUID });
  });

  it("returns libvirt's element for a socket, whatever signs are in its path", () => {
    const { name, socketPath, port } = checked({ type: "vhost-user" });
    expect(socketPath).to.equal(`/var/run/openvswitch/${name}`);
    expect(port).to.equal(name);
    expect(checked({ type: "vhost-user", socketPath: "/tmp/<&'s" }).libvirt).to.equal(
      [
        "<interface type='vhostuser'>",
        "  <source type='unix' path='/tmp/&lt;&amp;&apos;s' mode='server'/>",
        "  <model type='virtio'/>",
        "</interface>",
      ].join("\n"),
    );
  });

  it("names the tap bridge of the host", () => {
    const elsewhere = { resolveHost: () => ({ name: "h", address: "h", tapBridge: "br-copies" }) };
    const owner = "o/p/s/MonitorPort/sensor";
    const { inputs } = monitorPortChecks.check(elsewhere, {}, { host: "h", owner, type: "attach" });
    expect(inputs.libvirt).to.include("<source bridge='br-copies'/>");
    expect((inputs.rules as string[])[0]).to.match(/^br-copies port /);
  });

  it("keeps the names of a resource that is renamed, whose claim is renamed in place", () => {
    for (const type of ["internal", "vhost-user", "attach"]) {
      const before = checked({ type });
      const after = checked({ type, owner: "o/p/s/MonitorPort/renamed" }, before);
      const { owner: _, ...rest } = after;
      expect({ ...rest, owner: before.owner }, type).to.deep.equal(before);
    }
  });

  it("has one name for each owner, and for each type that has one", () => {
    const all = ["a", "b", "c"].map((name) => checked({ owner: `o/p/s/MonitorPort/${name}` }).name);
    expect(new Set(all).size).to.equal(3);
    expect(checked({ type: "vhost-user" }, checked({ type: "attach" })).name).to.equal(checked({}).name);
  });

  it("leaves what follows from an unknown argument unknown", () => {
    const { port, libvirt, rules, portName } = checked({ type: UNKNOWN });
    expect({ port, libvirt, portName, rules }).to.deep.equal({
      ...{ port: UNKNOWN, libvirt: UNKNOWN, portName: UNKNOWN, rules: [UNKNOWN] },
    });
    expect(checked({ name: UNKNOWN })).to.include({ port: UNKNOWN, portName: UNKNOWN });
    expect(checked({ type: "vhost-user", name: UNKNOWN })).to.include({
      ...{ socketPath: UNKNOWN, libvirt: UNKNOWN },
    });
    expect(checked({ type: "attach", ifaceId: UNKNOWN })).to.include({ port: UNKNOWN, libvirt: UNKNOWN });
  });

  refuses("no host", { host: undefined }, "host", /required/);
  refuses("a type that there is not", { type: "tap" }, "type", /internal.*vhost-user.*attach/);
  refuses("a name that is too long for a device", { name: "a23456789012345x" }, "name", /1 to 15/);
  refuses("a name with a slash", { name: "a/b" }, "name", /1 to 15/);
  refuses("a name that another port of ours may have", { name: "mt-0123456789ab" }, "name", /other ports/);
  refuses("a group address", { mac: "01:00:5e:00:00:01" }, "mac", /even/);
  refuses("nobody's address", { mac: "00:00:00:00:00:00" }, "mac", /other than 00:00:00:00:00:00/);
  refuses("an MTU that is too small", { mtu: 67 }, "mtu", /68/);
  refuses("a MAC address of a socket", { type: "vhost-user", mac: "02:00:00:00:00:0a" }, "mac", /"internal"/);
  refuses("an MTU of a VM's interface", { type: "attach", mtu: 1500 }, "mtu", /"internal"/);
  refuses(
    "a name of a VM's interface",
    { type: "attach", name: "vnet0" },
    "name",
    /"internal" or "vhost-user"/,
  );
  refuses("a socket of a device", { socketPath: "/tmp/s" }, "socketPath", /"vhost-user"/);
  refuses(
    "a socket without an absolute path",
    { type: "vhost-user", socketPath: "s" },
    "socketPath",
    /absolute/,
  );
  refuses(
    "a socket with a path that is too long",
    { type: "vhost-user", socketPath: `/${"x".repeat(107)}` },
    "socketPath",
    /107/,
  );
  refuses("an iface-id of a device", { ifaceId: UUID }, "ifaceId", /"attach"/);
  refuses("an iface-id that is no UUID", { type: "attach", ifaceId: "sensor" }, "ifaceId", /UUID/);
});

describe("the diff of a monitor port", () => {
  const olds = { ...checked({}), status: "active" };

  it("replaces for another host, and for nothing else", () => {
    expect(monitorPortChecks.diff(olds, checked({ host: "host3" })).replaces).to.deep.equal(["host"]);
    const changes = { mtu: 1400, name: "mp0", mac: "02:00:00:00:00:01", type: "attach", tenant: "red" };
    for (const [name, value] of Object.entries(changes)) {
      const { changes: differs, replaces } = monitorPortChecks.diff(olds, checked({ [name]: value }, olds));
      expect({ name, differs, replaces }).to.deep.equal({ name, differs: true, replaces: [] });
    }
  });

  it("is empty if nothing changes, and not if the port has drifted", () => {
    expect(monitorPortChecks.diff(olds, checked({})).changes).to.equal(false);
    expect(
      monitorPortChecks.diff({ ...olds, status: "active (no port attached)" }, checked({})).changes,
    ).to.equal(false);
    expect(monitorPortChecks.diff({ ...olds, status: "drifted: x" }, checked({})).changes).to.equal(true);
  });
});
