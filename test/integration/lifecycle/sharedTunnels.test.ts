import { expect } from "chai";
import { Driver, type Made } from "../../driver/driver";
import { type Lab, startLab } from "../../lab/lab";
import { tunnelPorts } from "./tunnelPorts";

/** All orders of some things. */
function orders<T>(things: readonly T[]): T[][] {
  if (things.length <= 1) return [[...things]];
  return things.flatMap((first) =>
    orders(things.filter((other) => other !== first)).map((rest) => [first, ...rest]),
  );
}

describe("the mirror tunnel of two hosts", () => {
  let lab: Lab;
  let ours: Driver;
  let theirs: Driver;
  let east: Made;
  let west: Made;

  before(async () => {
    const vms = [
      { name: "web", host: 1 },
      { name: "db", host: 1 },
      { name: "ids1", host: 1 },
      { name: "app", host: 2 },
      { name: "ids2", host: 2 },
    ];
    lab = await startLab({ hosts: 3, vms });
    ours = new Driver(lab, "organization/cloud/ours");
    theirs = new Driver(lab, "organization/security/theirs");
    east = await ours.service("east", { host: "host2", port: "tap-ids2" });
    west = await theirs.service("west", { host: "host1", port: "tap-ids1" });
  });

  after(() => lab.stop());

  const ends = () => Promise.all([lab.host(1), lab.host(2)].map(tunnelPorts));
  const pair = (udpPort = 14789) => [
    [`vxlan ${udpPort} 192.0.2.11 -> 192.0.2.12`],
    [`vxlan ${udpPort} 192.0.2.12 -> 192.0.2.11`],
  ];

  /** Who uses the tunnel: flows of two services in opposite directions, of two stacks, and an explicit tunnel. */
  const users = {
    web: () => ours.flow("web", east, { host: "host1", port: "tap-web" }),
    db: () => theirs.flow("db", east, { host: "host1-alias", port: "tap-db" }),
    app: () => ours.flow("app", west, { host: "host2", port: "tap-app" }),
    way: () => theirs.tunnel("way", { hosts: ["host2", "host1-alias"] }),
  };
  const driverOf = { web: () => ours, db: () => theirs, app: () => ours, way: () => theirs };
  type User = keyof typeof users;

  it("does not exist for services alone", async () => {
    expect(await ends()).to.deep.equal([[], []]);
  });

  for (const first of Object.keys(users) as User[]) {
    it(`is one, created by whoever is first, and deleted with the last, when ${first} leaves first`, async () => {
      const all = Object.keys(users) as User[];
      for (const rest of orders(all.filter((user) => user !== first))) {
        const order = [first, ...rest];
        const made = await Promise.all(order.map(async (user) => [user, await users[user]()] as const));
        expect(await ends(), `with all, before ${order}`).to.deep.equal(pair());
        const left = new Map(made);
        for (const user of order) {
          await driverOf[user]().delete(left.get(user)!);
          left.delete(user);
          const expected = left.size === 0 ? [[], []] : pair();
          expect(await ends(), `${order}: after ${user}`).to.deep.equal(expected);
        }
      }
    });
  }

  it("is deleted when all leave at once", async () => {
    const all = Object.keys(users) as User[];
    for (let round = 0; round < 3; round++) {
      const made = await Promise.all(all.map(async (user) => [user, await users[user]()] as const));
      expect(await ends()).to.deep.equal(pair());
      await Promise.all(made.map(([user, one]) => driverOf[user]().delete(one)));
      expect(await ends()).to.deep.equal([[], []]);
    }
  });

  it("is not needed between two names of one machine", async () => {
    const local = await ours.flow("app", east, { host: "host2-alias", port: "tap-app" });
    expect(await ends()).to.deep.equal([[], []]);
    expect(local.outputs.portName).to.equal("tap-app");
    await ours.delete(local);
  });

  it("is the same port from the first user to the last", async () => {
    const uuid = () =>
      lab
        .host(1)
        .ovs("ovs-vsctl --bare --columns=_uuid,name,ofport find Interface type=vxlan | grep -B1 -A1 mv-");
    const web = await users.web();
    const before = await uuid();
    expect(before.split("\n").filter(Boolean)).to.have.length(3);
    const way = await users.way();
    const app = await users.app();
    await ours.delete(web);
    expect(await uuid()).to.equal(before);
    await theirs.delete(way);
    expect(await uuid()).to.equal(before);
    await ours.delete(app);
    expect(await ends()).to.deep.equal([[], []]);
  });

  it("gets the explicit tunnel's options in place and loses them with it", async () => {
    const options = (host: number) =>
      lab.host(host).ovs("ovs-vsctl --bare --columns=options find Interface options:dst_port=14789");
    const web = await users.web();
    const plain = [await options(1), await options(2)];
    const way = await ours.tunnel("way", { hosts: ["host1", "host2"], dontFragment: false, tos: 16 });
    expect(await ends()).to.deep.equal(pair());
    for (const host of [1, 2]) expect(await options(host)).to.match(/df_default=false.*tos=16/);
    await ours.delete(way);
    expect([await options(1), await options(2)]).to.deep.equal(plain);
    await ours.delete(web);
  });

  it("stays for a disabled flow, which keeps everything but its copies", async () => {
    const web = await ours.flow("web", east, { host: "host1", port: "tap-web", enabled: false });
    expect(web.outputs.status).to.equal("disabled");
    expect(await ends()).to.deep.equal(pair());
    expect(await lab.host(1).ovs("ovs-vsctl get Bridge br-int mirrors")).to.equal("[]\n");
    await ours.delete(web);
    expect(await ends()).to.deep.equal([[], []]);
  });

  it("moves with a flow that moves to another host", async () => {
    await lab.addVm({ name: "moved", host: 3, ifaceId: "moving" });
    await lab.addVm({ name: "still", host: 1, ifaceId: "moving" });
    const port = { ifaceId: "moving" };
    const flow = await ours.flow("moving", east, { host: "host1", port });
    expect(await ours.update(flow, { service: east.outputs.ref, host: "host3", port })).to.equal(true);
    expect(await tunnelPorts(lab.host(1))).to.deep.equal([]);
    expect(await tunnelPorts(lab.host(2))).to.deep.equal(["vxlan 14789 192.0.2.12 -> 192.0.2.13"]);
    expect(await tunnelPorts(lab.host(3))).to.deep.equal(["vxlan 14789 192.0.2.13 -> 192.0.2.12"]);
    expect(flow.outputs.portName).to.equal("tap-moved");
    await ours.delete(flow);
    expect(await tunnelPorts(lab.host(2))).to.deep.equal([]);
    expect(await lab.host(3).ovs("ovs-vsctl list-br")).not.to.contain("br-tap");
  });
});
