import { bumpNextCfg, nextCfgOf, waitApplied } from "../../provider/ovs/applied";
import { map, set } from "../../provider/ovs/values";
import { startLab } from "../../test/lab/lab";
import { BareClient } from "../client";
import { type Extent, roundsOf, type Section, timeFigure } from "../figure";
import { Handlers } from "../handlers";
import { interleave, timed } from "../measure";
import { OpenFlow } from "../openflow";

const PUSH = "ovs-ofctl -O OpenFlow14 --bundle replace-flows br-tap -";

/** One create on a warm connection, against the least that could be done for it: a transaction and a bundle. */
export async function measureLimit(extent: Extent): Promise<Section[]> {
  const rounds = roundsOf(extent, 25);
  const vms = ["ids", "web", "db"].map((name) => ({ name, host: 1 }));
  const lab = await startLab({ hosts: 1, vms });
  try {
    const handlers = new Handlers(lab.sshConfig);
    const flow = (name: string) =>
      handlers.check("TapFlow", name, { service: service.ref, host: "host1", port: `tap-${name}` });
    const service = handlers.check("TapService", "ids", { host: "host1", port: "tap-ids" });
    await handlers.create("TapService", service);
    await handlers.create("TapFlow", flow("web"));
    const one = flow("db");

    const client = await BareClient.connect(lab, 1);
    const ovsdb = await client.openOvsdb();
    const rules = await client.exec("ovs-ofctl -O OpenFlow14 --no-stats dump-flows br-tap");
    const text = rules.replace(/^OFPST.*\n/gm, "");
    const claim = "x".repeat(400); // about as long as a claim

    const ours = async () => {
      let made = {};
      const took = await timed(async () => {
        made = await handlers.create("TapFlow", one);
      });
      await handlers.delete("TapFlow", made);
      return took;
    };
    const transaction = async (round: number) => {
      const results = await ovsdb.transact([
        {
          op: "mutate",
          table: "Bridge",
          where: [["name", "==", "br-tap"]],
          mutations: [
            ["external_ids", "delete", set(["bench"])],
            ["external_ids", "insert", map({ bench: claim + round })],
          ],
        },
        ...bumpNextCfg(),
      ]);
      await waitApplied(ovsdb, nextCfgOf(results, "host1"), 10_000);
    };
    const bare = (round: number) =>
      timed(async () => {
        await transaction(round);
        await client.exec(PUSH, text);
      });
    // Rules of ours would be lost on br-tap.
    await lab.host(1).ovs("ovs-vsctl add-br br-bench -- set Bridge br-bench datapath_type=netdev");
    const openflow = new OpenFlow(await client.openSocket("/var/run/openvswitch/br-bench.mgmt"));
    const count = text.trim().split("\n").length;
    const barest = (round: number) =>
      timed(async () => {
        await transaction(-round - 1);
        await openflow.replaceDrops(count);
      });
    await ours();
    await bare(-1);
    await barest(-1);
    const pairs = await interleave(rounds, ours, bare);
    const barestPairs = await interleave(rounds, ours, barest);
    ovsdb.close();
    client.close();
    return [
      {
        title: "Distance to the physical limit",
        figures: [
          timeFigure("one create, warm, monitor on the same host", pairs, { atMost: 2 }),
          timeFigure("the same, against a bundle of as many rules by OpenFlow itself", barestPairs),
        ],
        notes: [
          "baseline: one OVSDB transaction that writes as much, ovs-vswitchd's word that it took effect, and one " +
            "`ovs-ofctl --bundle replace-flows` of the same rules, both on one SSH connection",
        ],
      },
    ];
  } finally {
    await lab.stop();
  }
}
