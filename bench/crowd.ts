import { bumpNextCfg, nextCfgOf, waitApplied } from "../provider/ovs/applied";
import type { Operation } from "../provider/ovs/operations";
import type { OvsdbClient } from "../provider/ovs/ovsdbClient";
import { map, namedUuid, set, type Value } from "../provider/ovs/values";
import type { Lab } from "../test/lab/lab";
import { BareClient } from "./client";
import type { Handlers } from "./handlers";
import { timed } from "./measure";

/** Milliseconds that ovs-vswitchd gets for thousands of new ports. */
const PATIENCE = 300_000;

/**
 * Taps very many ports of a host into one service there, or none of them, and leaves one more port untapped: the answer is
 * the checked inputs of its flow. No other host has flows of these names. The ports are tunnels that nothing is sent to: real
 * ones to Open vSwitch, without a device each. All claims but the first are written at once, as copies of the first; the
 * operation that follows makes of them what they say.
 */
export async function crowd(
  lab: Lab,
  handlers: Handlers,
  host: number,
  { count, taps }: { count: number; taps: "all" | "none" },
): Promise<object> {
  const name = `host${host}`;
  const port = (index: number) => `p${index}`;
  const all = Array.from({ length: count + 1 }, (_, index) => port(index + 1));
  await plugPorts(lab, host, all);
  const service = handlers.check("TapService", `ids${host}`, { host: name, port: `tap-ids${host}` });
  await handlers.create("TapService", service);
  const flow = (index: number) =>
    handlers.check("TapFlow", `${name}-${port(index)}`, {
      ...{ service: service.ref, host: name, port: port(index) },
    });
  if (taps === "none") return flow(count + 1);
  await handlers.create("TapFlow", flow(1));
  await withOvsdb(lab, host, (ovsdb) => copyClaim(ovsdb, String(flow(1).owner), all.slice(1, -2)));
  await handlers.create("TapFlow", flow(count));
  return flow(count + 1);
}

/** Does a piece of work on a host's database. */
async function withOvsdb(lab: Lab, host: number, work: (ovsdb: OvsdbClient) => Promise<void>): Promise<void> {
  const client = await BareClient.connect(lab, host);
  try {
    await work(await client.openOvsdb(PATIENCE));
  } finally {
    client.close();
  }
}

/** Where the tunnels lead: no lab host has this address. */
const NOBODY = "198.51.100.254";

/** Adds tunnel ports that nothing is sent to, in a VLAN that no VM is in, to a host's `br-int`. */
export function plugPorts(lab: Lab, host: number, names: readonly string[]): Promise<void> {
  return withOvsdb(lab, host, (ovsdb) => plugAll(ovsdb, names));
}

/** Adds the ports in one transaction, which is much faster than many. */
async function plugAll(ovsdb: OvsdbClient, names: readonly string[]): Promise<void> {
  const inserts = names.flatMap((name, index): Operation[] => {
    const options = map({ remote_ip: NOBODY, key: String(index + 1) });
    const nic = { name, type: "geneve", options };
    const row = { name, tag: 4000, interfaces: namedUuid(`nic${index}`) };
    return [
      { op: "insert", table: "Interface", row: nic, "uuid-name": `nic${index}` },
      { op: "insert", table: "Port", row, "uuid-name": `port${index}` },
    ];
  });
  const ports = set(names.map((_, index) => namedUuid(`port${index}`)));
  const results = await ovsdb.transact([
    ...inserts,
    {
      op: "mutate",
      table: "Bridge",
      where: [["name", "==", "br-int"]],
      mutations: [["ports", "insert", ports]],
    },
    ...bumpNextCfg(),
  ]);
  await waitApplied(ovsdb, nextCfgOf(results, "bench"), PATIENCE);
}

/** Writes a flow's claim once more for each of other ports. */
async function copyClaim(ovsdb: OvsdbClient, owner: string, ports: readonly string[]): Promise<void> {
  const where: ["name", "==", string][] = [["name", "==", "br-tap"]];
  const [{ rows }] = await ovsdb.transact([
    { op: "select", table: "Bridge", where, columns: ["external_ids"] },
  ]);
  const [, pairs] = rows[0]!.external_ids as ["map", [string, string][]];
  const claim = JSON.parse(pairs.find(([key]) => key === `taas:${owner}`)![1]);
  const copies = ports.map((port) => {
    const own = owner.replace(/p\d+$/, port);
    return [
      `taas:${own}`,
      JSON.stringify({ ...claim, owner: own, source: { ...claim.source, port } }),
    ] as const;
  });
  const insert = map(Object.fromEntries(copies));
  await ovsdb.transact([
    { op: "mutate", table: "Bridge", where, mutations: [["external_ids", "insert", insert]] },
  ]);
}

/**
 * Milliseconds of the least that one more tap takes on such a host: one transaction that puts the port into the Mirror and writes
 * as much as a claim, and ovs-vswitchd's word that it took effect. All is as before afterwards.
 */
export async function bareTap(lab: Lab, host: number, port: string): Promise<number> {
  let took = 0;
  await withOvsdb(lab, host, async (ovsdb) => {
    const where: ["name", "==", string][] = [["name", "==", port]];
    const [{ rows }] = await ovsdb.transact([{ op: "select", table: "Port", where, columns: ["_uuid"] }]);
    const member = set([rows[0]!._uuid as Value & ["uuid", string]]);
    const change = async (how: "insert" | "delete") => {
      const bench = how === "insert" ? map({ bench: "x".repeat(400) }) : set(["bench"]);
      const results = await ovsdb.transact([
        {
          op: "mutate",
          table: "Mirror",
          where: [],
          mutations: [
            ["select_src_port", how, member],
            ["select_dst_port", how, member],
          ],
        },
        {
          op: "mutate",
          table: "Bridge",
          where: [["name", "==", "br-tap"]],
          mutations: [["external_ids", how, bench]],
        },
        ...bumpNextCfg(),
      ]);
      await waitApplied(ovsdb, nextCfgOf(results, "bench"), PATIENCE);
    };
    took = await timed(() => change("insert"));
    await change("delete");
  });
  return took;
}
