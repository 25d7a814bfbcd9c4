import { expect } from "chai";
import type { TaasError } from "../../../provider/errors";
import { Driver, type Made } from "../../driver/driver";
import { DATAPATH } from "../../lab/datapath";
import { type Lab, startLab } from "../../lab/lab";
import { expectRefused, failureOf } from "./refused";

describe("claims that cannot be relied on", () => {
  let lab: Lab;
  let driver: Driver;

  before(async () => {
    const vms = [
      { name: "ids", host: 2 },
      { name: "ids2", host: 2 },
    ];
    lab = await startLab({ hosts: 2, vms });
  });

  after(() => lab.stop());

  beforeEach(() => {
    driver = new Driver(lab);
  });

  const refused = (work: () => Promise<unknown>, refusal: Parameters<typeof expectRefused>[2]) =>
    expectRefused(lab.hosts, work, refusal);
  const ids = (args: Record<string, unknown> = {}) =>
    driver.service("ids", { host: "host2", port: "tap-ids", ...args });
  const onHost = (line: string) => lab.host(2).ovs(line);

  const writeClaim = (text: string) =>
    onHost(`ovs-vsctl set Bridge br-tap 'external_ids:"taas:x/y/z"=${text}'`);
  const removeClaim = `ovs-vsctl remove Bridge br-tap external_ids '"taas:x/y/z"'`;
  const restored = async (change: string, undo: string, work: (made: Made) => Promise<void>) => {
    const made = await ids();
    await onHost(change);
    try {
      await work(made);
    } finally {
      await onHost(undo);
      await driver.destroy();
    }
    expect(await onHost("ovs-vsctl list-br")).not.to.contain("br-tap");
  };
  const another = () => driver.service("ids2", { host: "host2", port: "tap-ids2" });

  it("writes nothing if a newer release manages the bridge", () =>
    restored(
      "ovs-vsctl set Bridge br-tap external_ids:taas-renderer=2000",
      "ovs-vsctl set Bridge br-tap external_ids:taas-renderer=1",
      async (made) => {
        for (const work of [another, () => driver.delete(made), () => driver.read(made)]) {
          await refused(work, {
            code: "renderer-newer",
            host: "host2",
            says: /managed by a newer pulumi-taas \(renderer "2000", this release has \d+\)/,
            hint: /Update pulumi-taas in this program; nothing was written/,
          });
        }
      },
    ));

  it("writes nothing if a claim has a newer format", () =>
    restored("true", removeClaim, async (made) => {
      await writeClaim('"{\\"format\\":99}"');
      for (const work of [another, () => driver.delete(made), () => driver.read(made)]) {
        await refused(work, {
          code: "claim-newer",
          host: "host2",
          says: /claim of "x\/y\/z" on bridge br-tap has format 99/,
          hint: /Update pulumi-taas/,
        });
      }
    }));

  it("writes nothing if a claim cannot be read, and shows the command that removes it", () =>
    restored("true", removeClaim, async (made) => {
      for (const text of ["rubbish", '"[]"', '"{\\"format\\":1,\\"owner\\":\\"x/y/z\\"}"']) {
        await writeClaim(text);
        for (const work of [another, () => driver.delete(made), () => driver.read(made)]) {
          await refused(work, {
            code: "claim-unreadable",
            host: "host2",
            says: /claim of "x\/y\/z" on bridge br-tap cannot be read/,
            hint: /^If nobody needs it: ovs-vsctl remove Bridge br-tap/,
          });
        }
      }
      const { hint } = (await failureOf(another())) as TaasError;
      await onHost(hint!.replace(/^If nobody needs it: /, ""));
      await driver.delete(await another());
    }));

  it("writes nothing if the count of changes is not a number", () =>
    restored(
      "ovs-vsctl set Bridge br-tap other_config:taas-generation=many",
      "ovs-vsctl set Bridge br-tap other_config:taas-generation=1",
      () =>
        refused(another, {
          code: "claim-unreadable",
          host: "host2",
          says: /taas-generation="many", which is not a count/,
          hint: /ovs-vsctl set Bridge br-tap other_config:taas-generation=1/,
        }),
    ));

  it("does not patch bridges of different datapaths together", async () => {
    const made = await ids();
    const row = () => onHost("ovs-vsctl get Bridge br-tap external_ids other_config ports");
    const other = DATAPATH === "netdev" ? "system" : "netdev";
    await onHost(`ovs-vsctl set Bridge br-tap datapath_type=${other}`);
    const before = await row();
    const error = (await failureOf(another())) as TaasError;
    expect({ code: error.code, host: error.host }).to.deep.equal({ code: "datapath-differs", host: "host2" });
    const said = `bridge br-tap has datapath_type ${other} and br-int has ${DATAPATH}`;
    expect(error.shortMessage).to.contain(said);
    expect(error.hint).to.contain(`ovs-vsctl set Bridge br-tap datapath_type=${DATAPATH}`);
    expect(await row()).to.equal(before);
    await onHost(error.hint!.replace(/^.*: (?=ovs-vsctl)/, ""));
    await driver.delete(made);
    expect(await onHost("ovs-vsctl list-br")).not.to.contain("br-tap");
    expect(await onHost("ovs-vsctl port-to-br tap-ids")).to.equal("br-int\n");
  });
});
