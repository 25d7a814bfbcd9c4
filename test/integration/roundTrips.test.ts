import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Driver, type Made } from "../driver/driver";
import { type Lab, startLab } from "../lab/lab";

/** What an operation asked of a host, by its trace. */
interface Asked {
  transactions: number;
  pushes: number;
  commands: string[];
}

describe("how many requests an operation sends to its hosts, on open connections,", () => {
  let lab: Lab;
  let driver: Driver;
  let service: Made;
  const folder = mkdtempSync(join(tmpdir(), "taas-trace-"));
  const file = join(folder, "trace");

  before(async () => {
    const vms = ["web", "app", "db"].map((name) => ({ name, host: 1 }));
    const there = ["ids", "mail", "www"].map((name) => ({ name, host: 2 }));
    lab = await startLab({ hosts: 2, vms: [...vms, ...there] });
    driver = new Driver(lab);
    service = await driver.service("ids", { host: "host2", port: "tap-ids" });
    for (const [name, host] of [
      ["web", "host1"],
      ["mail", "host2"],
    ] as const)
      await driver.flow(name, service, { host, port: `tap-${name}` });
  });

  after(async () => {
    rmSync(folder, { recursive: true });
    await lab.stop();
  });

  async function asked(work: () => Promise<unknown>): Promise<Record<string, Asked>> {
    rmSync(file, { force: true });
    process.env.TAAS_DEBUG = file;
    try {
      await work();
    } finally {
      delete process.env.TAAS_DEBUG;
    }
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    const hosts: Record<string, Asked> = {};
    for (const line of lines) {
      const [, host, what, which] = line.split(" ");
      const one = hosts[host!] ?? { transactions: 0, pushes: 0, commands: [] };
      hosts[host!] = one;
      if (what === "transact") one.transactions++;
      else if (what === "run") one.commands.push(which!);
      else one.pushes++;
    }
    return hosts;
  }

  const create = (name: string, host: string) => driver.flow(name, service, { host, port: `tap-${name}` });

  it("to create a flow on one host, and to delete it", async () => {
    let www: Made;
    // A look, the claim with its Mirror, whether that holds before and after the rules are written, and the claim's confirmation.
    expect(
      await asked(async () => {
        www = await create("www", "host2");
      }),
    ).to.deep.equal({ host2: { transactions: 5, pushes: 1, commands: [] } });
    expect(await asked(() => driver.delete(www))).to.deep.equal({
      host2: { transactions: 4, pushes: 1, commands: [] },
    });
  });

  it("to create a flow across hosts, whose far end's rules stay, and to delete it", async () => {
    let app: Made;
    expect(
      await asked(async () => {
        app = await create("app", "host1");
      }),
    ).to.deep.equal({
      host1: { transactions: 5, pushes: 1, commands: [] },
      host2: { transactions: 4, pushes: 1, commands: [] },
    });
    expect(await asked(() => driver.delete(app))).to.deep.equal({
      host1: { transactions: 4, pushes: 1, commands: [] },
      host2: { transactions: 3, pushes: 1, commands: [] },
    });
  });

  it("to read a flow that was read before, and to update one without a change", async () => {
    const db = await create("db", "host1");
    await driver.read(db);
    const look = { transactions: 1, pushes: 0, commands: [] };
    expect(await asked(() => driver.read(db))).to.deep.equal({ host1: look, host2: look });
    const args = { service: service.outputs.ref, host: "host1", port: "tap-db", adopt: true };
    const same = { transactions: 2, pushes: 1, commands: [] };
    expect(await asked(() => driver.update(db, args))).to.deep.equal({ host1: same, host2: same });
  });
});
