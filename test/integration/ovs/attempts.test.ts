import timers from "node:timers/promises";
import { expect } from "chai";
import type { HostAccess } from "../../../provider/converge/access";
import { reconcile } from "../../../provider/converge/reconcile";
import { TaasError } from "../../../provider/errors";
import { readClaims } from "../../../provider/model/readClaims";
import { dumpFlows } from "../../../provider/ovs/dumpFlows";
import { type Flow, formatFlow, parseFlows } from "../../../provider/ovs/openflow";
import { readFacts } from "../../../provider/ovs/readFacts";
import { flow, service } from "./claims";
import { drop, put, refuse } from "./edits";
import { aroundTransactions, bound, PrivateAccess } from "./privateAccess";
import { PrivateOvs } from "./privateOvs";

describe("an operation on a host", function () {
  this.timeout(60_000);
  let ovs: PrivateOvs;
  let ways: PrivateAccess;
  const { setTimeout: sleep } = timers;

  before(async () => {
    ovs = await PrivateOvs.start();
    ways = new PrivateAccess(ovs);
    await ovs.vsctl("add-br", "br-int", "--", "set", "Bridge", "br-int", "datapath_type=netdev");
    for (const port of ["web", "db", "mon"])
      await ovs.vsctl("add-port", "br-int", port, "--", "set", "Interface", port, "type=dummy");
    // The pauses after races that were lost.
    timers.setTimeout = ((_: number, value: unknown) => sleep(1, value)) as typeof sleep;
  });

  afterEach(async () => {
    const access = await ways.open();
    const { claims } = readClaims(await readFacts(access.ovsdb), "br-tap", "here");
    await reconcile(access, [...claims.values()].map(drop), refuse);
    ways.close();
    expect(await ovs.vsctl("list-br")).to.equal("br-int\n");
  });

  after(async () => {
    timers.setTimeout = sleep;
    await ovs?.stop();
  });

  /** Whether copies of what a port sends have a Mirror, and a rule that takes them on. */
  async function isTapped(port: string): Promise<boolean> {
    const facts = await readFacts((await ways.open()).ovsdb);
    const { uuid } = Object.values(facts.ports).find(({ name }) => name === port)!;
    const mirrors = Object.values(facts.mirrors).filter(({ selectSrcPort }) => selectSrcPort.includes(uuid));
    const flows = await dumpFlows({ run: ovs.run, bridge: "br-tap" });
    return mirrors.some(({ outputPort }) => {
      const output = facts.ports[outputPort!]!.name.replace("mi-", "mt-");
      const number = Object.values(facts.interfaces).find(({ name }) => name === output)?.ofport;
      return flows.some(({ table, match }) => table === 0 && match === `in_port=${number}`);
    });
  }

  it("hands the copies of a flow over while a tunnel of the same batch has to wait for another to be deleted", async () => {
    const outside = flow("outside", "web", { type: "vxlan" });
    const cut = flow("cut", "db", { type: "gre", udpPort: 0 });
    await reconcile(await ways.open(), [outside, cut].map(put), refuse);
    const access = await ways.open();
    const gaps: boolean[] = [];
    aroundTransactions(access.ovsdb, {
      after: async (operations) => {
        if (operations.length > 0) gaps.push(!(await isTapped("db")));
      },
    });
    const changed = [
      flow("outside", "web", { type: "geneve" }),
      flow("cut", "db", { type: "gre", udpPort: 0 }, { snapLength: 100 }),
    ];
    await reconcile(access, changed.map(put), refuse);
    expect(gaps).to.include(false).and.not.include(true);
    expect(await isTapped("web")).to.equal(true);
    expect(await ovs.vsctl("--columns=type", "find", "Interface", "options:dst_port=5000")).to.contain(
      "geneve",
    );
  });

  describe("that hands copies over", () => {
    const cut = (source = {}) => flow("cut", "db", { type: "gre", udpPort: 0 }, source);
    const change = put(cut({ snapLength: 100 }));
    const otherChange = put(flow("outside", "web", { type: "vxlan" }));
    let gaps: boolean[];

    beforeEach(async () => {
      gaps = [];
      await reconcile(await ways.open(), [put(cut())], refuse);
    });

    /** A way to the host by which a gap of copies after a transaction is noted. `first`: done after the first one that changes something. */
    async function watched(first: () => Promise<unknown> = async () => {}): Promise<HostAccess> {
      const access = await ways.open();
      let left = 1;
      aroundTransactions(access.ovsdb, {
        after: async (operations) => {
          if (operations.length > 0) gaps.push(!(await isTapped("db")));
          if (operations.some(({ op }) => op === "mutate") && left-- > 0) await first();
        },
      });
      return access;
    }

    it("does so although another writer is faster after its first transaction", async () => {
      const fast = await watched();
      const slow = await watched(() => reconcile(fast, [otherChange], refuse));
      await reconcile(slow, [change], refuse);
      expect(gaps).to.include(false).and.not.include(true);
      expect(await isTapped("web")).to.equal(true);
      const { claims } = readClaims(await readFacts(fast.ovsdb), "br-tap", "here");
      expect(claims.get(change.owner)).to.have.nested.property("source.snapLength", 100);
    });

    it("leaves them where they are when it is killed after its first transaction", async () => {
      const killed = await watched(() => Promise.reject(new Error("killed")));
      const error = await reconcile(killed, [change], refuse).catch((reason: unknown) => reason);
      expect(error).to.have.property("message", "killed");
      await reconcile(await watched(), [otherChange], refuse);
      expect(gaps).to.include(false).and.not.include(true);
      const ports = await ovs.vsctl("list-ports", "br-tap");
      expect(ports.split("\n").filter((name) => name.startsWith("mt-"))).to.have.length(2);
    });
  });

  it("takes effect only once cached flows have been revalidated, if only rules change", async () => {
    await reconcile(await ways.open(), [put(service("ids", "mon", { attachment: "tap-bridge" }))], refuse);
    const pausesOf = async (): Promise<number[]> => {
      const pauses: number[] = [];
      const quick = timers.setTimeout;
      timers.setTimeout = ((ms: number, value: unknown) => {
        pauses.push(ms);
        return sleep(1, value);
      }) as typeof sleep;
      try {
        await (await reconcile(await ways.open(), [], refuse)).inEffect;
        return pauses;
      } finally {
        timers.setTimeout = quick;
      }
    };
    expect(await pausesOf()).to.deep.equal([]);
    await ovs.ofctl("del-flows", "br-tap");
    expect(await pausesOf()).to.deep.equal([10]);
  });

  it("writes all rules again if its transaction costs the tap bridge those that were there", async () => {
    await reconcile(await ways.open(), [put(service("ids", "mon", { attachment: "tap-bridge" }))], refuse);
    const target = { run: ovs.run, bridge: "br-tap" };
    const text = (await dumpFlows(target)).map(formatFlow);
    await ovs.vsctl("clear", "Bridge", "br-tap", "fail_mode");
    await ovs.run(["ovs-ofctl", "-O", "OpenFlow14", "replace-flows", "br-tap", "-"], {
      input: text.join("\n"),
    });
    const access = await ways.open();
    const early = await access.tapSwitch.read();
    expect(early!.flows).to.have.length(text.length);
    // What is read before ovs-vswitchd has applied the transaction is what was there before.
    const replica = bound(access.replica);
    const { applied } = replica;
    const read = access.tapSwitch.read.bind(access.tapSwitch);
    access.tapSwitch.read = async (earlier) => earlier ?? early;
    replica.applied = (...args) =>
      applied(...args).finally(() => {
        access.tapSwitch.read = read;
      });
    await reconcile({ ...access, replica }, [], refuse);
    expect(await ovs.vsctl("get", "Bridge", "br-tap", "fail_mode")).to.equal("secure\n");
    const rules = ({ table, match, actions }: Flow) => `${table} ${match} ${actions}`;
    const now = (await dumpFlows(target)).map(rules);
    expect(now).to.have.members(parseFlows(text.join("\n")).map(rules));
  });

  it("lets a flow leave a tunnel that Open vSwitch could not create", async () => {
    const access = await ways.open();
    const rival = ["type=gre", "options:remote_ip=192.0.2.9", "options:key=flow"];
    aroundTransactions(access.ovsdb, {
      // Production makes the same tunnel after the look.
      before: async (operations) => {
        if (!operations.some(({ op }) => op === "mutate")) return;
        await ovs.vsctl(
          "--may-exist",
          "add-port",
          "br-int",
          "rival",
          "--",
          "set",
          "Interface",
          "rival",
          ...rival,
        );
      },
    });
    const codes: unknown[] = [];
    const failing = flow("outside", "web", { type: "gre", udpPort: 0 });
    const note = (_: unknown, error: unknown) => void codes.push((error as TaasError).code);
    await reconcile(access, [put(failing)], note);
    expect(codes).to.deep.equal(["port-failed"]);
    const rejected: unknown[] = [];
    const moved = flow("outside", "web", { type: "vxlan" });
    await reconcile(await ways.open(), [put(moved)], (_, error) => rejected.push(error));
    await ovs.vsctl("del-port", "rival");
    expect(rejected).to.deep.equal([]);
    expect(await isTapped("web")).to.equal(true);
  });

  describe("that is refused", () => {
    const monitor = service("ids", "mon");
    const note = async () => ovs.vsctl("set", "Port", "mon", 'external_ids:taas-ageing="qbr 30000 qvb -"');
    const isNoted = async () =>
      (await ovs.vsctl("get", "Port", "mon", "external_ids")).includes("taas-ageing");
    const rules = async () =>
      (await dumpFlows({ run: ovs.run, bridge: "br-int" })).filter(({ cookie }) => cookie !== 0n).length;

    /** A way to the host on which a Linux bridge is behind the monitor, and the settings that were made there. */
    async function hybrid(): Promise<{ access: HostAccess; set: string[] }> {
      const set: string[] = [];
      const access = await ways.open();
      const run: HostAccess["run"] = async (command, options) => {
        if (!("text" in command) && command[0] === "ip") {
          set.push(command.join(" "));
          return { exitCode: 0, stdout: "", stderr: "" };
        }
        return ovs.run(command, options);
      };
      return { access: { ...access, run }, set };
    }

    afterEach(() => ovs.vsctl("remove", "Port", "mon", "external_ids", "taas-ageing"));

    it("for lack of rights changes nothing", async () => {
      await reconcile(await ways.open(), [put(monitor)], refuse);
      await note();
      const { access, set } = await hybrid();
      const refusal = new TaasError("may not be used", { code: "no-rights", host: "here" });
      const requireRights = () => Promise.reject(refusal);
      const done = reconcile({ ...access, requireRights }, [drop(monitor)], refuse);
      expect(await done.catch((error: unknown) => error)).to.equal(refusal);
      expect(set).to.deep.equal([]);
      expect([await isNoted(), await rules()]).to.deep.equal([true, 1]);
    });

    it("because another writer was faster restores no Linux bridge that now serves the other", async () => {
      await reconcile(await ways.open(), [put(monitor)], refuse);
      await note();
      const { access, set } = await hybrid();
      const early = await access.replica.read();
      await reconcile(await ways.open(), [put(service("other", "mon", { tunnelId: 8 }))], refuse);
      const replica = { ...bound(access.replica), latest: async () => early };
      await reconcile({ ...access, replica }, [drop(monitor)], refuse);
      expect(set).to.deep.equal([]);
      expect([await isNoted(), await rules()]).to.deep.equal([true, 1]);
    });

    it("permanently by the database is reported in its words, however busy the host is", async () => {
      const access = await ways.open();
      const refusal = new TaasError("no space left on device", { code: "ovsdb-error", host: "here" });
      let refused = 0;
      aroundTransactions(access.ovsdb, {
        before: async (operations) => {
          if (!operations.some(({ op }) => op === "mutate")) return;
          await ovs.vsctl("set", "Interface", "web", `external_ids:turn=${++refused}`);
          throw refusal;
        },
      });
      const done = reconcile(access, [put(monitor)], refuse);
      expect(await done.catch((error: unknown) => error)).to.equal(refusal);
      expect(refused).to.equal(2);
    });
  });

  it("by the database because a port has gone succeeds without it", async () => {
    const access = await ways.open();
    const gone = flow("outside", "late", { type: "vxlan" });
    await ovs.vsctl("add-port", "br-int", "late", "--", "set", "Interface", "late", "type=dummy");
    const there = await access.replica.read();
    await ovs.vsctl("del-port", "late");
    const replica = { ...bound(access.replica), latest: async () => there };
    await reconcile({ ...access, replica }, [put(gone), put(service("ids", "mon"))], (_, error) => {
      expect(error).to.have.property("code", "port-missing");
    });
    expect(await ovs.vsctl("list-br")).to.contain("br-tap");
  });
});
