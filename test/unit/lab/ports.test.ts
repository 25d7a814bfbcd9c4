import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { repositoryRoot } from "../../engine/fixtureProject";
import { PortRange } from "../../lab/ports";

/** Another process that reserves ports, says which, and ends. */
const OTHER = `
const { PortRange } = require(${JSON.stringify(join(repositoryRoot(), "dist/test/lab/ports.js"))});
PortRange.reserve(2).then(({ base }) => console.log(base));
`;

/** Far above those that labs take by themselves. */
const OWN = 20_000 + 100 * (process.pid % 100);

describe("the ports of a lab", () => {
  const ranges: PortRange[] = [];
  const reserve = async (base?: number) => {
    const range = await PortRange.reserve(2, base);
    ranges.push(range);
    return range;
  };
  afterEach(() => {
    for (const range of ranges.splice(0)) range.release();
  });

  it("are its own while nobody listens on them, next to labs of this process and of another", async () => {
    const [one, two] = await Promise.all([reserve(), reserve()]);
    const { stdout } = await execa("node", ["-e", OTHER]);
    expect(new Set([one.base, two.base, Number(stdout)]).size).to.equal(3);
  });

  it("are free again once released", async () => {
    await reserve(OWN);
    const refused = await reserve(OWN).catch((error: Error) => error.message);
    expect(refused).to.equal(`the ports above ${OWN} are taken`);
    ranges.pop()!.release();
    expect((await reserve(OWN)).base).to.equal(OWN);
  });

  it("are not those on which somebody listens", async () => {
    const server = await new Promise<Server>((resolve) => {
      const listening = createServer().listen(OWN + 2, "127.0.0.1", () => resolve(listening));
    });
    const refused = await reserve(OWN).catch((error: Error) => error.message);
    server.close();
    expect(refused).to.equal(`the ports above ${OWN} are taken`);
  });
});
