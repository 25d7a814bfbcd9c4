import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { TaasError } from "../../../provider/errors";
import { refuseOwnMachine } from "../../../provider/host/ownMachine";

describe("a host that a claim refers to", () => {
  let directory: string;
  let sshConfig: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "taas-own-"));
    sshConfig = join(directory, "ssh_config");
    writeFileSync(sshConfig, "Host forwarded\n  HostName 127.0.0.1\n  Port 2201\n");
  });
  after(() => rmSync(directory, { recursive: true }));

  const judge = (address: string) =>
    refuseOwnMachine(
      { name: "x", address },
      { sshConfig, connectTimeout: 5, operationTimeout: 5, hostConcurrency: 1 },
    ).then(
      () => "accepted",
      (error: TaasError) => error.code,
    );
  const [own] = Object.values(networkInterfaces()).flatMap((found) =>
    (found ?? []).filter(({ internal, family }) => !internal && family === "IPv4"),
  );

  for (const address of [
    "local",
    "127.0.0.1",
    "127.8.9.10",
    "::1",
    "::ffff:127.0.0.1",
    "0.0.0.0",
    "::",
    "0",
    "127.1",
    "2130706433",
    "localhost",
    "LOCALHOST",
    hostname(),
    ...(own === undefined ? [] : [own.address, `::ffff:${own.address}`]),
  ]) {
    it(`is refused if ${address} is this machine`, async () =>
      expect(await judge(address)).to.equal("claim-leads-here"));
  }

  for (const address of ["192.0.2.7", "2001:db8::7", "taas-no-such-host.invalid"]) {
    it(`is accepted if ${address} is another`, async () => expect(await judge(address)).to.equal("accepted"));
  }

  it("is accepted if the operator's ssh configuration says that it is here", async () =>
    expect(await judge("forwarded")).to.equal("accepted"));
});
