import { expect } from "chai";
import type { HostAccess } from "../../../provider/converge/access";
import { reconcile } from "../../../provider/converge/reconcile";
import { readClaims } from "../../../provider/model/readClaims";
import type { Facts } from "../../../provider/ovs/facts";
import { readFacts } from "../../../provider/ovs/readFacts";
import { service } from "./claims";
import { drop, put, refuse } from "./edits";
import { bound, PrivateAccess } from "./privateAccess";
import { PrivateOvs } from "./privateOvs";

describe("what an operation notes in the row of a monitor's port", function () {
  this.timeout(60_000);
  let ovs: PrivateOvs;
  let ways: PrivateAccess;

  before(async () => {
    ovs = await PrivateOvs.start();
    ways = new PrivateAccess(ovs);
    await ovs.vsctl("add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev");
    for (const port of ["mon", "db"])
      await ovs.vsctl("add-port", "br-int", port, "--", "set", "Interface", port, "type=dummy");
  });

  afterEach(async () => {
    const access = await withLinuxBridge(0);
    const { claims } = readClaims(await readFacts(access.ovsdb), "br-tap", "here");
    await reconcile(access, [...claims.values()].map(drop), refuse);
    ways.close();
    expect(await ovs.vsctl("get", "Port", "mon", "external_ids")).to.equal("{}\n");
  });

  after(() => ovs?.stop());

  const note = async (key: string) =>
    JSON.parse(await ovs.vsctl("get", "Port", "mon", `external_ids:${key}`));

  /** A way to the host by which an operation first sees these facts, whatever the host is by then. */
  function seeing(access: HostAccess, facts: Facts): HostAccess {
    return { ...access, replica: { ...bound(access.replica), latest: async () => facts } };
  }

  /** A way to the host, with a Linux bridge behind the monitor that has this ageing time. */
  async function withLinuxBridge(ageing: number): Promise<HostAccess> {
    const access = await ways.open();
    const run: HostAccess["run"] = async (command, options) => {
      if ("text" in command && command.name !== "taas-linux-bridges") return ovs.run(command, options);
      if (!("text" in command) && command[0] !== "ip") return ovs.run(command, options);
      const stdout = "text" in command ? `taas-bridge mon qbr ${ageing} qvb - - 2 off\n` : "";
      return { exitCode: 0, stdout, stderr: "" };
    };
    return { ...access, run };
  }

  it("is how a Linux bridge was, and not how another writer has set it meanwhile", async () => {
    await reconcile(await ways.open(), [put(service("earlier", "db", { tunnelId: 9 }))], refuse);
    const slow = await withLinuxBridge(0);
    const early = await slow.replica.read();
    await reconcile(await withLinuxBridge(30_000), [put(service("other", "mon", { tunnelId: 8 }))], refuse);
    expect(await note("taas-ageing")).to.equal("qbr 30000 qvb -");
    await reconcile(seeing(slow, early), [put(service("ids", "mon"))], refuse);
    expect(await note("taas-ageing")).to.equal("qbr 30000 qvb -");
  });

  it("is the number that its port has, and not one that Open vSwitch has yet to change", async () => {
    const access = await ways.open();
    const facts = await access.replica.read();
    const nic = Object.values(facts.interfaces).find(({ name }) => name === "mon")!;
    const interfaces = { ...facts.interfaces, [nic.uuid]: { ...nic, ofport: 30_002 } };
    const edit = put(service("ids", "mon", { attachment: "tap-bridge" }));
    await reconcile(seeing(access, { ...facts, interfaces, unsettled: true }), [edit], refuse);
    expect(await note("taas-home")).to.equal(`${nic.ofport} - br-int`);
  });
});
