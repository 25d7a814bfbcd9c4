import { startLab } from "../../test/lab/lab";
import { BareClient, Shell } from "../client";
import { type Extent, type Figure, milliseconds, roundsOf, type Section } from "../figure";
import { median, timed } from "../measure";
import { OpenFlow } from "../openflow";

const MANAGEMENT = "/var/run/openvswitch/br-int.mgmt";
const DATABASE = "/var/run/openvswitch/db.sock";
const SELECT = JSON.stringify({
  method: "transact",
  params: ["Open_vSwitch", { op: "select", table: "Open_vSwitch", where: [], columns: ["_uuid"] }],
  id: 1,
});

/** Ways to make a host do something over one SSH connection, each against a command in a session of its own. */
export async function measureWays(extent: Extent): Promise<Section[]> {
  const rounds = roundsOf(extent, 25);
  const rules = 50;
  const lab = await startLab({ hosts: 1 });
  try {
    const client = await BareClient.connect(lab, 1);
    const shell = new Shell(await client.start("sh"));
    const openflow = new OpenFlow(await client.openSocket(MANAGEMENT));
    const database = await client.openSocket(DATABASE);
    const select = () =>
      new Promise<void>((resolve) => {
        database.once("data", () => resolve());
        database.write(SELECT);
      });
    const drops = Array.from(
      { length: rules },
      (_, index) => `priority=100,in_port=${index + 1},actions=drop\n`,
    );
    const push = "ovs-ofctl -O OpenFlow14 --bundle replace-flows br-int -";
    const ways: Record<string, () => Promise<unknown>> = {
      "nothing, by a command": () => client.exec("true"),
      "nothing, by an open shell": () => shell.run("true"),
      "nothing, by OpenFlow": () => openflow.echo(),
      "nothing, by OVSDB": select,
      "rules, by a command": () => client.exec(push, drops.join("")),
      "rules, by an open shell": () => shell.run(push, drops.join("")),
      "rules, by OpenFlow": () => openflow.replaceDrops(rules),
    };
    const times = new Map(Object.keys(ways).map((way) => [way, [] as number[]]));
    for (const way of Object.values(ways)) await way();
    for (let round = 0; round < rounds; round++) {
      for (const [way, go] of Object.entries(ways)) times.get(way)!.push(await timed(go));
    }
    client.close();
    const figures = Object.keys(ways).map((way): Figure => {
      const [ours, baseline] = [times.get(way)!, times.get(`${way.split(",")[0]}, by a command`)!].map(
        median,
      );
      return {
        what: way.replace("rules", `${rules} rules`),
        ours: milliseconds(ours!),
        baseline: milliseconds(baseline!),
        ratio: ours! / baseline!,
      };
    });
    return [{ title: "Ways to a host on one SSH connection, against a command", figures, notes: [] }];
  } finally {
    await lab.stop();
  }
}
