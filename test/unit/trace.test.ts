import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Session } from "../../provider/converge/session";
import { TaasError } from "../../provider/errors";
import type { HostSession } from "../../provider/host/session";
import { OvsdbClient } from "../../provider/ovs/ovsdbClient";
import { traced } from "../../provider/trace";

describe("TAAS_DEBUG", () => {
  let directory: string;
  let file: string;
  const outside = process.env.TAAS_DEBUG;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "taas-debug-"));
    file = join(directory, "trace");
    process.env.TAAS_DEBUG = file;
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
    if (outside === undefined) delete process.env.TAAS_DEBUG;
    else process.env.TAAS_DEBUG = outside;
  });

  it("has a line for a transaction, with its tables and without its values", async () => {
    const transact = async () => JSON.stringify([{ rows: [] }, { count: 1 }]);
    const client = new OvsdbClient({ kind: "tool", transact }, { host: "host1" });
    await client.transact([
      { op: "select", table: "Bridge", where: [["name", "==", "br-secret"]] },
      { op: "update", table: "Port", where: [], row: { name: "tap-secret" } },
    ]);
    expect(readFileSync(file, "utf8")).to.match(
      /^\d{4}-\S+Z host1 transact select Bridge, update Port \d+\.\d ms\n$/,
    );
    expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it("has the code of what failed", async () => {
    const failing = traced(
      "host1",
      () => "run ovs-ofctl",
      () => Promise.reject(new TaasError("no", { code: "no-rights" })),
    );
    await failing.then(
      () => expect.fail("it did not fail"),
      () => {},
    );
    expect(readFileSync(file, "utf8")).to.match(/ host1 run ovs-ofctl \d+\.\d ms no-rights\n$/);
  });

  it("says once for each connection to a host why commands are run instead of OpenFlow", async () => {
    const record = { name: "host1", address: "192.0.2.1" };
    const host = {
      record,
      probe: async () => ({ bootId: "boot" }),
      openOvsdb: async () => ({ kind: "tool", transact: async () => "[]" }),
      openSwitch: async () => undefined,
    } as unknown as HostSession;
    for (const session of [new Session(host, 1000), new Session(host, 1000)])
      for (let time = 0; time < 3; time++) await (await session.access(record)).tapSwitch.state();
    const said =
      / host1 use commands instead of OpenFlow: the login user may not use the bridge's management/;
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines).to.have.length(2);
    for (const line of lines) expect(line).to.match(said);
  });

  it("has one safe line, whatever a host is called", async () => {
    await traced(
      "a\n\u001b[31mb",
      () => "run sh",
      async () => {},
    );
    const lines = readFileSync(file, "utf8").split("\n");
    expect(lines).to.have.length(2);
    expect(lines[0]).not.to.include("\u001b");
  });

  it("writes nothing when it is not set", async () => {
    process.env.TAAS_DEBUG = "";
    expect(
      await traced(
        "host1",
        () => "run sh",
        async () => 1,
      ),
    ).to.equal(1);
    expect(() => readFileSync(file)).to.throw();
  });
});
