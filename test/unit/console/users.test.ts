import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readUsers } from "../../../console/server/roles/users";
import { maySeePort, viewerOf } from "../../../console/server/roles/viewer";
import type { FoundPort } from "../../../provider/model/findPort";
import { repositoryRoot } from "../../engine/fixtureProject";

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

  it("are refused with the place of what is wrong", () => {
    const wrong: [string, RegExp][] = [
      ["users: { tim: { role: tenant } }", /users\.users\.tim\.tenant: is required/],
      ["users: { tim: { role: root } }", /users\.users\.tim/],
      ["users: { tim: { role: admin, tenant: blue } }", /tenant/],
      ["users: {}\nports: { blue: [{}] }", /must have vms, names or externalIds/],
      ["users: [", /cannot be read/],
    ];
    for (const [text, message] of wrong) expect(() => read(text), text).to.throw(message);
  });

  it("give a tenant the ports that one of its rules matches in all that it says", () => {
    const named = (name: string, externalIds: Record<string, string> = {}) =>
      ({ port: { name }, interface: { externalIds } }) as unknown as FoundPort;
    const users = read(
      `users: { tim: { role: tenant, tenant: blue } }\nports: { blue: [{ names: ["tap-b*1?"], externalIds: { net: a } }, { vms: [vm1] }, { names: ["*y*y*y*y*y*y"] }] }`,
    );
    const sees = (found: FoundPort) => maySeePort(viewerOf(users, "tim")!, found);
    expect(sees(named("tap-blue-12", { net: "a" }))).to.equal(true);
    expect(sees(named("tap-blue-1", { net: "a" }))).to.equal(false);
    expect(sees(named("tap-blue-12", { net: "b" }))).to.equal(false);
    expect(sees(named("tap.b12", { net: "a" }))).to.equal(false);
    expect(sees(named("other", { "xs-vm-uuid": "vm1" }))).to.equal(true);
    const began = performance.now();
    expect(sees(named("y".repeat(255).replace(/.$/, "x")))).to.equal(false);
    expect(performance.now() - began).to.be.lessThan(100);
  });
});
