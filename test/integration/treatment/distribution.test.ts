import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import type { Vm } from "../../lab/vm";
import { expectFrames, learn, received } from "../copies/traffic";
import { type Conversation, conversations, portless } from "./conversations";

const NAMES = ["ids1", "ids2", "ids3"];

for (const attachment of ["tap-bridge", "integration-bridge"]) {
  describe(`three monitors on the ${attachment.replace("-", " ")}`, function () {
    this.timeout(30_000);
    let lab: Lab;
    let driver: Driver;
    let monitors: Vm[];

    before(async () => {
      lab = await startLab({
        hosts: 2,
        vms: [
          ...[1, 2].flatMap((host) => ["web", "db"].map((name) => ({ name: `${name}${host}`, host }))),
          ...NAMES.map((name) => ({ name, host: 1, vlan: 30 })),
        ],
      });
      driver = new Driver(lab);
      monitors = NAMES.map((name) => lab.vm(name));
    });
    after(() => lab?.stop());
    afterEach(() => driver.destroy());

    const wish = (distribution: string) => {
      return { host: "host1", ports: monitors.map(({ port }) => port), distribution, attachment };
    };

    async function serve(distribution: string, source: number): Promise<Made> {
      const service = await driver.service("ids", wish(distribution));
      await driver.flow("web", service, { host: `host${source}`, port: `tap-web${source}` });
      await learn([lab.vm(`web${source}`), lab.vm(`db${source}`)]);
      return service;
    }

    /** Lets two VMs talk, and resolves with what each monitor is sent. */
    async function talk(source: number, talks: Conversation[], at = monitors): Promise<Buffer[][]> {
      const [web, db] = [lab.vm(`web${source}`), lab.vm(`db${source}`)];
      return received(at, async () => {
        await web.send(talks.map(({ there }) => there));
        await db.send(talks.map(({ back }) => back));
      });
    }

    /** Which of the monitors each conversation went to, whole and once. */
    function placesOf(talks: readonly Conversation[], at: readonly Buffer[][]): number[] {
      const all = at.flat();
      expectFrames(
        all,
        talks.flatMap(({ there, back }) => [there, back]),
        "copies of all monitors",
      );
      const has = (frames: readonly Buffer[], frame: Buffer) => frames.some((other) => other.equals(frame));
      return talks.map(({ there, back }) => {
        const [first, second] = [there, back].map((frame) => at.findIndex((frames) => has(frames, frame)));
        expect(second, `the answer to ${there.toString("hex")}`).to.equal(first);
        return first!;
      });
    }

    const linkState = async (vm: Vm, state: string) => {
      const get = `ovs-vsctl get Interface ${vm.port} link_state`;
      await lab
        .host(1)
        .ovs(`until [ "$(${get})" = ${state} ]; do sleep 0.02; done; ovs-appctl revalidator/wait`);
    };

    /** Takes a monitor's link down, at the guest's end or the host's, runs something, and brings it up again. */
    async function withoutLink(vm: Vm, end: "guest" | "host", work: () => Promise<void>): Promise<void> {
      const set = (state: string) =>
        end === "guest"
          ? vm.run(["ip", "link", "set", "eth0", state])
          : lab.host(1).run(["ip", "link", "set", vm.tap, state]);
      await set("down");
      await linkState(vm, "down");
      await work();
      await set("up");
      await linkState(vm, "up");
    }

    if (attachment === "tap-bridge") {
      it("share truncated copies without a loss while another flow of the host changes its group", async () => {
        const service = await driver.service("ids", wish("hash"));
        const into = { service: service.outputs.ref, host: "host1", direction: "egress" };
        await driver.flow("web", service, { ...into, port: "tap-web1", snapLength: 200 });
        const other = await driver.flow("db", service, { ...into, port: "tap-db1" });
        const [from, to] = [lab.vm("web1"), lab.vm("db1")];
        const streams = await Promise.all(
          [5_001, 5_002, 5_003, 5_004].map((port) =>
            lab.startStream({ from, to, watchers: monitors, pps: 100, port }),
          ),
        );
        for (const counters of ["own", "shared", "own", "shared"])
          await driver.update(other, { ...into, port: "tap-db1", counters });
        const results = await Promise.all(streams.map((stream) => stream.stop()));
        const copied = results.map(({ at }) =>
          monitors.reduce((sum, { name }) => sum + at[name]!.received, 0),
        );
        expect(copied).to.deep.equal(results.map(({ sent }) => sent));
        expect(
          new Set(results.flatMap(({ at }) => NAMES.filter((name) => at[name]!.received > 0))).size,
        ).to.be.above(1);
      });
    }

    it("each get all copies while the device of one does not exist, as after a restart of its host", async () => {
      const service = await driver.service("ids", wish("copy"));
      const into = { service: service.outputs.ref, host: "host1", port: "tap-web1" };
      const flow = await driver.flow("web", service, into);
      const [web, db] = [lab.vm("web1"), lab.vm("db1")];
      const host = lab.host(1);
      await host.killVswitchd();
      await host.ovs("ip link set tap-ids3 down && ip link set tap-ids3 name away");
      await host.startVswitchd();
      await driver.update(flow, { ...into, counters: "own" });
      await learn([web, db]);
      const talks = conversations(web, db, 3);
      for (const at of await talk(1, talks, monitors.slice(0, 2)))
        expectFrames(
          at,
          talks.flatMap(({ there, back }) => [there, back]),
        );
      await host.ovs("ip link set away name tap-ids3 && ip link set tap-ids3 up");
      await host.ovs("ovs-vsctl --timeout=20 wait-until Interface tap-ids3 'ofport>0'");
    });

    for (const source of [1, 2]) {
      const where = source === 1 ? "of the same host" : "of another host";

      it(`each get all copies ${where}`, async () => {
        await serve("copy", source);
        const [web, db] = [lab.vm(`web${source}`), lab.vm(`db${source}`)];
        const talks = [...conversations(web, db, 3), ...portless(web, db)];
        for (const at of await talk(source, talks)) {
          expectFrames(
            at,
            talks.flatMap(({ there, back }) => [there, back]),
          );
        }
      });

      it(`share copies ${where} by hash: a conversation's two directions to one of them, and all are used`, async () => {
        await serve("hash", source);
        const [web, db] = [lab.vm(`web${source}`), lab.vm(`db${source}`)];
        const talks = conversations(web, db, 12);
        const places = placesOf(talks, await talk(source, talks));
        for (const index of [0, 1, 2]) {
          expect(places.filter((place) => place === index).length, NAMES[index]).to.be.above(4);
        }
        const again = conversations(web, db, 12);
        expect(placesOf(again, await talk(source, again)), "the same next time").to.deep.equal(places);
        const others = portless(web, db);
        placesOf(others, await talk(source, others));
      });

      it(`share copies ${where} among those that are left when one's link goes down, and as before when it is back`, async () => {
        await serve("hash", source);
        const [web, db] = [lab.vm(`web${source}`), lab.vm(`db${source}`)];
        const talks = conversations(web, db, 8);
        const places = placesOf(talks, await talk(source, talks));
        for (const end of ["guest", "host"] as const) {
          await withoutLink(monitors[1]!, end, async () => {
            const [first, third] = await talk(source, talks, [monitors[0]!, monitors[2]!]);
            const now = placesOf(talks, [first!, [], third!]);
            const kept = places.map((place, index) => (place === 1 ? now[index] : place));
            expect(now, "nobody else's conversation moves").to.deep.equal(kept);
            expect(now).to.include.members([0, 2]);
          });
          expect(placesOf(talks, await talk(source, talks))).to.deep.equal(places);
        }
      });

      it(`share copies ${where} among those that are left when one is unplugged`, async () => {
        const service = await serve("hash", source);
        const [web, db] = [lab.vm(`web${source}`), lab.vm(`db${source}`)];
        const talks = conversations(web, db, 8);
        await monitors[0]!.unplug();
        await lab.host(1).ovs("ovs-appctl revalidator/wait");
        const places = placesOf(talks, await talk(source, talks));
        expect(new Set(places)).to.deep.equal(new Set([1, 2]));
        await driver.read(service);
        expect(service.outputs.status).to.match(/^drifted: .*monitor port "tap-ids1" is not plugged/);
        await monitors[0]!.plug();
        await driver.update(service, wish("hash"));
        await driver.read(service);
        expect(service.outputs.status).to.equal("active");
        await learn([web, db]);
        expect(new Set(placesOf(talks, await talk(source, talks)))).to.deep.equal(new Set([0, 1, 2]));
      });

      it(`get copies ${where} one after the other failed`, async () => {
        await serve("failover", source);
        const [web, db] = [lab.vm(`web${source}`), lab.vm(`db${source}`)];
        const talks = [...conversations(web, db, 2), ...portless(web, db)];
        const expectAt = async (index: number, at: readonly number[]) => {
          const frames = await talk(
            source,
            talks,
            at.map((each) => monitors[each]!),
          );
          const places = placesOf(talks, frames).map((place) => at[place]);
          expect(new Set(places)).to.deep.equal(new Set([index]));
        };
        await expectAt(0, [0, 1, 2]);
        await withoutLink(monitors[0]!, "guest", async () => {
          await expectAt(1, [1, 2]);
          await withoutLink(monitors[1]!, "host", () => expectAt(2, [1, 2]));
          await expectAt(1, [1, 2]);
        });
        await expectAt(0, [0, 1, 2]);
      });
    }
  });
}
