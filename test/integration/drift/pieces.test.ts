import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { Kept } from "../../driver/kept";
import { udp } from "../../lab/frames";
import { type Lab, startLab } from "../../lab/lab";
import { limitOf, sampleOf } from "../../sample";
import { account, Baseline } from "../faults/hosts";
import { createEstate, ESTATE, type Name } from "./estate";
import { type Fault, faultsOf } from "./faults";
import { ruleFaults } from "./ruleFaults";
import { needlessly, tracesOf } from "./traces";
import { list, Users } from "./users";

/** How the hosts are reached, and what follows for the tests. */
interface Reach {
  sudo: "auto" | "always";
  /** Faults of the usual sample. */
  sample: number;
  /** Faults of the whole sample. Default: all. */
  whole?: number;
  /** What is written again although it is right: ovs-ofctl regards a match with it as different from the bridge's own. */
  again?: string;
}

const REACHES: Record<string, Reach> = {
  "over sockets": { sudo: "auto", sample: 12 },
  "by commands": { sudo: "always", sample: 4, whole: 150, again: "nw_frag=yes" },
};
/** Milliseconds for the ends of a watched tunnel to see each other again. */
const PATIENCE = 20_000;
/** What a refresh says meanwhile, and nothing else. */
const DOWN = /^drifted: (?:(?:; )?host \S+: tunnel to \S+ is down \(BFD \w+\))+$/;

for (const [by, { sudo, sample, whole, again }] of Object.entries(REACHES))
  describe(`an object of a tap, written ${by}, that somebody deletes or alters`, () => {
    let lab: Lab;
    let estate: Kept;
    let empty: Baseline;

    before(async () => {
      lab = await startLab(ESTATE);
      empty = await Baseline.of(lab);
      const hosts = lab.hosts.map(({ number }) => [`host${number}`, { address: `host${number}`, sudo }]);
      estate = await createEstate(lab, Object.fromEntries(hosts));
    });

    after(() => lab.stop());

    /** Those to rules first: what is done to rows can give ports other numbers, and rules name these. */
    async function allFaults(): Promise<Fault[]> {
      const hosts = await Promise.all(
        lab.hosts.map(async (host) => {
          const snapshot = await host.snapshot();
          const bridge = Object.values(snapshot.tables.Bridge!).find(({ name }) => name === "br-tap")!;
          const claimed = (name: Name) => `taas:${estate.get(name).id}` in (bridge.external_ids as object);
          const all = (estate.names as Name[]).filter(claimed);
          return { number: host.number, users: new Users(snapshot, host.number, all) };
        }),
      );
      return [
        ...hosts.flatMap(({ number, users }) => ruleFaults(number, users)),
        ...hosts.flatMap(({ number, users }) => faultsOf(number, users, estate)),
      ];
    }

    /** What one `up` left drifted. Only for the ends of a watched tunnel to see each other again is time given. */
    async function left(): Promise<Record<string, string>> {
      const deadline = performance.now() + PATIENCE;
      for (;;) {
        const drifted = await estate.refresh();
        const texts = Object.values(drifted);
        if (!texts.length || !texts.every((text) => DOWN.test(text)) || performance.now() > deadline)
          return drifted;
      }
    }

    /** Repairs what a fault left that one `up` did not, so that the next fault meets a whole estate. */
    async function mend(): Promise<void> {
      for (let round = 0; round < 5 && Object.keys(await left()).length > 0; round++) await estate.up();
    }

    /** What is wrong with how a fault was found and repaired, a line each. */
    async function complaints({ host, title, script, users, says }: Fault): Promise<string[]> {
      const wrong: string[] = [];
      const before = await tracesOf(lab);
      await lab.host(host).ovs(script);
      const found = await estate.refresh();
      const broken = await tracesOf(lab);
      const names = Object.keys(found).sort();
      if (JSON.stringify(names) !== JSON.stringify([...users].sort()))
        wrong.push(`named on ${names}, not on ${users}: ${JSON.stringify(found)}`);
      const silent = users.filter((name) => !says.test(found[name] ?? ""));
      if (silent.length > 0) wrong.push(`${silent} say not ${says}: ${JSON.stringify(found)}`);
      try {
        await estate.up();
        const repaired = await tracesOf(lab);
        const writtenAgain = needlessly(before, broken, repaired).filter(
          (line) => again === undefined || !line.includes(again),
        );
        wrong.push(...writtenAgain.map((line) => `written again: ${line}`));
        const drifted = await left();
        if (Object.keys(drifted).length > 0) wrong.push(`not repaired by one up: ${JSON.stringify(drifted)}`);
      } catch (error) {
        wrong.push(`not repaired: ${(error as Error).message}`);
      }
      if (wrong.length > 0) await mend().catch(() => {});
      return wrong.map((line) => `host${host}: ${title}: ${line}`);
    }

    it("leaves the counters of unchanged Mirrors as they were when it is repaired", async () => {
      const [host, web] = [lab.host(1), lab.vm("web")];
      const every = (ms: number) =>
        host.ovs(`ovs-vsctl set Open_vSwitch . other_config:stats-update-interval=${ms}`);
      const mirrorOf = async (name: string) => {
        const { Mirror = {}, Port = {} } = (await host.snapshot()).tables;
        const row = Object.values(Mirror).find(
          (one) =>
            JSON.stringify(list(one.select_src_port).map((id) => Port[String(id)]!.name)) ===
            `["tap-${name}"]`,
        );
        return String(row!.name);
      };
      const [right, wrong] = [await mirrorOf("web"), await mirrorOf("db")];
      const header = {
        source: web.mac,
        sourceIp: web.ip,
        destination: "02:00:00:00:00:99",
        destinationIp: "198.51.100.200",
      };
      const frame = udp({ ...header, sourcePort: 1, destinationPort: 2 });
      const counted = async (frames: number) => {
        for (let left = 200; ; left--) {
          const count = Number(
            (
              await host.ovs(
                `ovs-vsctl --if-exists get Mirror ${right} statistics:tx_packets 2>/dev/null || echo 0`,
              )
            ).trim(),
          );
          if (count === frames) return;
          expect(left, `${count} frames counted, not ${frames}`).to.be.greaterThan(0);
          await sleep(200);
        }
      };
      await every(5_000);
      await web.send(Array(5).fill(frame));
      await counted(5);
      await host.ovs(`ovs-vsctl -- --id=@m get Mirror ${wrong} -- remove Bridge br-int mirrors @m`);
      await host.ovs("ovs-ofctl del-flows br-tap table=2");
      await estate.refresh();
      await estate.up();
      expect(await estate.refresh()).to.deep.equal({});
      await web.send([frame]);
      await counted(6);
      await every(3_600_000);
    }).timeout(180_000);

    it("is reported by a refresh on the resources it is for, and repaired by their update, which writes nothing else", async () => {
      expect(await estate.refresh()).to.deep.equal({});
      const all = await allFaults();
      const faults = sampleOf(all, sample, whole);
      console.log(`      ${faults.length} of ${all.length} faults`);
      const wrong: string[] = [];
      for (const fault of faults) {
        const lines = await complaints(fault);
        for (const line of lines) console.log(`      ${line}`);
        wrong.push(...lines);
      }
      expect(wrong).to.deep.equal([]);
      await estate.driver.destroy();
      const leaked = await empty.differences();
      account(faults.length, 0, leaked.length);
      expect(leaked).to.deep.equal([]);
    }).timeout(limitOf(600_000));
  });
