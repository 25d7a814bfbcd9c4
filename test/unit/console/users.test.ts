import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readUsers } from "../../../console/server/roles/users";
import { findPortFor, mayUsePorts, viewerOf } from "../../../console/server/roles/viewer";
import { portsOf } from "../../../provider/model/findPort";
import { repositoryRoot } from "../../engine/fixtureProject";
import { type ObservedPort, observed } from "../model/observed";

describe("the users of the console", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "taas-users-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (text: string) => {
    const file = join(folder, "users.yaml");
    writeFileSync(file, text);
    return readUsers(file);
  };

  it("are read from the example of the documentation", () => {
    const page = readFileSync(join(repositoryRoot(), "docs/console.md"), "utf8");
    const users = read(/```yaml\n(approval:.*?)```/s.exec(page)![1]!);
    expect(users.approval).to.equal(true);
    expect(viewerOf(users, "tim@example.com")).to.deep.include({ role: "tenant", tenant: "blue" });
    expect(viewerOf(users, "tim@example.com")!.ports).to.have.length(3);
    expect(viewerOf(users, "ada@example.com")).to.deep.equal({
      user: "ada@example.com",
      role: "admin",
      ports: [],
    });
    expect(viewerOf(users, "toString")).to.equal(undefined);
  });

  it("are refused with the place of the error", () => {
    const wrong: [string, RegExp][] = [
      ["users: { tim: { role: tenant } }", /users\.users\.tim\.tenant: is required/],
      ["users: { tim: { role: root } }", /users\.users\.tim/],
      ["users: { tim: { role: admin, tenant: blue } }", /tenant/],
      [
        "users: {}\nports: { blue: [{}] }",
        /users\.ports\.blue\[0\]: give at least one of network, vlan, vm, name/,
      ],
      ["users: {}\nports: { blue: [{ names: [tap-b] }] }", /names/],
      ["users: [", /cannot be read/],
    ];
    for (const [text, message] of wrong) expect(() => read(text), text).to.throw(message);
  });

  it("give a tenant the ports that one of its selectors matches, on every bridge, and no others", () => {
    const vm = (name: string, externalIds: Record<string, string> = {}, port: ObservedPort["port"] = {}) => ({
      ...{ name, port },
      nic: { externalIds },
    });
    const bridges = [
      {
        name: "br-int",
        ports: [
          vm("tap-blue-12", { net: "a" }),
          vm("tap-blue-1", { net: "a" }),
          vm("tap-blue-13", { net: "b" }),
          vm("other", { "xs-vm-uuid": "vm1" }),
          vm("two", { "vm-uuid": "vm2", "attached-mac": "fa:16:3e:00:00:02" }),
          vm("one", { "vm-uuid": "vm2", "attached-mac": "fa:16:3e:00:00:01" }),
          vm("wide", {}, { otherConfig: { net_uuid: "n1" } }),
          { name: "br-int", port: { otherConfig: { net_uuid: "n1" } }, nic: { type: "internal" } },
        ],
      },
      { name: "br-tap", ports: [vm("monitor", {}, { externalIds: { team: "blue" } })] },
    ];
    const facts = observed(...bridges);
    const users = read(
      `users: { tim: { role: tenant, tenant: blue }, ada: { role: admin }, rita: { role: tenant, tenant: red } }
ports: { blue: [{ name: "tap-b*1?", externalIds: { net: a } }, { vm: vm1 }, { vm: vm2, except: [{ vmUuid: vm2, vnic: 0 }] }, { network: n1 }, { externalIds: { team: "*" } }] }`,
    );
    const seen = (name: string) => {
      const isSeen = mayUsePorts(viewerOf(users, name)!, facts);
      return portsOf(facts, ["br-int", "br-tap"])
        .filter(isSeen)
        .map(({ port }) => port.name);
    };
    expect(seen("tim")).to.deep.equal(["tap-blue-12", "other", "two", "wide", "monitor"]);
    expect(seen("rita")).to.deep.equal([]);
    expect(seen("ada")).to.have.length(8).and.not.to.include("br-int");
    for (const [vnic, found] of [
      [0, undefined],
      [1, "two"],
    ] as const)
      expect(findPortFor(viewerOf(users, "tim")!, facts, { vmUuid: "vm2", vnic })?.port.name).to.equal(found);
  });
});
