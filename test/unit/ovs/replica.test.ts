import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { openReplica } from "../../../provider/ovs/replica";
import { rejection } from "../../rejection";

const id = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;
const MACHINE = { Open_vSwitch: { [id(1)]: { initial: { next_cfg: 4, cur_cfg: 4 } } } };
const port = (name: string) => ({ name, interfaces: ["uuid", id(9)] });

interface Request {
  id: number;
  method: string;
  params: unknown[];
}

/** A server that a test plays: `answer` gives the result of each request, or an error. */
class Server {
  far!: Socket;
  readonly asked: string[] = [];
  answer: (request: Request) => object = () => ({ result: [], error: null });

  async client(): Promise<OvsdbClient> {
    const directory = await mkdtemp(join(tmpdir(), "taas-replica-"));
    const server = createServer().listen(join(directory, "db.sock"));
    await once(server, "listening");
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const stream = connect(join(directory, "db.sock"));
    [this.far] = await accepted;
    server.close();
    await rm(directory, { recursive: true });
    this.far.on("error", () => {});
    this.far.on("data", (chunk) => {
      for (const text of String(chunk).replaceAll("}{", "}\n{").split("\n")) this.take(JSON.parse(text));
    });
    return new OvsdbClient({ kind: "stream", stream }, { host: "compute-1", timeoutMs: 2000 });
  }

  tell(method: string, updates: unknown): void {
    this.far.write(JSON.stringify({ id: null, method, params: ["taas", updates] }));
  }

  private take(request: Request): void {
    this.asked.push(request.method);
    this.far.write(JSON.stringify({ id: request.id, ...this.answer(request) }));
  }
}

/** A server with a monitor whose first state is `first`. */
function serverWith(first: unknown): Server {
  const server = new Server();
  server.answer = ({ method }) => ({ result: method === "monitor_cond" ? first : [], error: null });
  return server;
}

describe("the replica of a host", () => {
  it("is requested once, and updated by what the server reports", async () => {
    const server = serverWith(MACHINE);
    const client = await server.client();
    const replica = await openReplica(client);
    const before = await replica.read();
    expect(before.ports).to.deep.equal({});
    server.tell("update2", { Port: { [id(2)]: { insert: port("p1") } } });
    const one = await replica.read();
    expect(Object.values(one.ports).map(({ name }) => name)).to.deep.equal(["p1"]);
    server.tell("update2", { Port: { [id(3)]: { insert: port("p2") }, [id(2)]: { modify: { tag: 5 } } } });
    const two = await replica.read();
    expect(two.ports[id(2)]).to.deep.include({ name: "p1", tag: 5 });
    expect([two.bridges, two.interfaces]).to.deep.equal([one.bridges, one.interfaces]);
    expect(two.interfaces).to.equal(one.interfaces);
    server.tell("update2", { Port: { [id(2)]: { delete: null } } });
    const three = await replica.read();
    expect(Object.keys(three.ports)).to.deep.equal([id(3)]);
    expect(three.ports[id(3)]).to.equal(two.ports[id(3)]);
    expect(await replica.read()).to.equal(three);
    expect(server.asked).to.deep.equal(["monitor_cond", ...Array(5).fill("transact")]);
    client.close();
  });

  it("is the same object if ovs-vswitchd has only updated counters, and has reported so", async () => {
    const server = serverWith(MACHINE);
    const client = await server.client();
    const replica = await openReplica(client);
    const before = await replica.read();
    const applied = replica.applied(5, 2000);
    server.tell("update2", { Open_vSwitch: { [id(1)]: { modify: { next_cfg: 5 } } } });
    expect((await replica.read()).unsettled).to.equal(true);
    server.tell("update2", { Open_vSwitch: { [id(1)]: { modify: { cur_cfg: 5 } } } });
    expect(await applied).to.deep.equal(before);
    client.close();
  });

  it("has a column of Mirror that only later releases have, and is the same object while a Mirror only counts", async () => {
    const server = serverWith({
      ...MACHINE,
      Mirror: { [id(5)]: { initial: { name: "m", filter: "icmp" } } },
    });
    const asked: unknown[] = [];
    const answer = server.answer;
    server.answer = (request) => {
      if (request.method === "monitor_cond") asked.push((request.params[2] as { Mirror: unknown }).Mirror);
      return answer(request);
    };
    const client = await server.client();
    const replica = await openReplica(client);
    expect(asked, "no column by name").to.deep.equal([{}]);
    const before = await replica.read();
    expect(before.mirrors[id(5)]!.filter).to.equal("icmp");
    const statistics = ["map", [["tx_packets", 5]]];
    server.tell("update2", { Mirror: { [id(5)]: { modify: { statistics } } } });
    expect(await replica.read()).to.equal(before);
    server.tell("update2", { Mirror: { [id(5)]: { modify: { statistics, filter: ["set", []] } } } });
    expect((await replica.read()).mirrors[id(5)]!.filter).to.equal(undefined);
    client.close();
  });

  it("includes a change that arrives together with its first state", async () => {
    const server = new Server();
    const client = await server.client();
    server.answer = ({ id: number }) => {
      server.far.cork();
      setImmediate(() => {
        server.tell("update2", { Port: { [id(2)]: { insert: port("p1") } } });
        server.far.uncork();
      });
      server.answer = () => ({ result: [], error: null });
      return { id: number, result: MACHINE, error: null };
    };
    const replica = await openReplica(client);
    await replica.changed(await replica.latest(), 1000);
    expect(Object.keys((await replica.latest()).ports)).to.deep.equal([id(2)]);
    client.close();
  });

  it("is updated by whole rows if the server does not support differences", async () => {
    const server = new Server();
    server.answer = ({ method }) => {
      if (method === "monitor_cond") return { result: null, error: "unknown method" };
      const row = { external_ids: ["map", []], other_config: ["map", []], next_cfg: 1, cur_cfg: 1 };
      return { error: null, result: method === "monitor" ? { Open_vSwitch: { [id(1)]: { new: row } } } : [] };
    };
    const client = await server.client();
    const replica = await openReplica(client);
    server.tell("update", { Port: { [id(2)]: { new: port("p1") } } });
    expect((await replica.read()).ports[id(2)]!.name).to.equal("p1");
    server.tell("update", { Port: { [id(2)]: { old: port("p1"), new: port("p2") } } });
    expect((await replica.read()).ports[id(2)]!.name).to.equal("p2");
    server.tell("update", { Port: { [id(2)]: { old: port("p2") } } });
    expect((await replica.read()).ports).to.deep.equal({});
    client.close();
  });

  for (const [what, method, updates] of [
    ["a change of a row that it has not told of", "update2", { Port: { [id(7)]: { modify: { tag: 5 } } } }],
    ["a value that its column cannot hold", "update2", { Port: { [id(7)]: { insert: { tag: "x" } } } }],
    ["a table that nobody asked for", "update2", { Secrets: {} }],
    ["what is no change", "update2", { Port: { [id(7)]: {} } }],
    ["what is no list of changes", "update2", ["Port"]],
    ["what is no row's name", "update2", { Port: { "../x": { insert: {} } } }],
  ] as const) {
    it(`closes its connection when the server reports ${what}`, async () => {
      const server = serverWith(MACHINE);
      const client = await server.client();
      const replica = await openReplica(client);
      const waiting = rejection(replica.applied(99, 2000));
      server.tell(method, updates);
      expect(await waiting).to.include({ code: "ovsdb-reply", host: "compute-1" });
      expect((await rejection(replica.read())).code).to.equal("ovsdb-reply");
    });
  }

  it("ends with its monitor, as when an upgrade replaces the database", async () => {
    const server = serverWith(MACHINE);
    const client = await server.client();
    const replica = await openReplica(client);
    server.far.write(JSON.stringify({ id: null, method: "monitor_canceled", params: ["taas"] }));
    expect((await rejection(replica.applied(99, 2000))).code).to.equal("ovsdb-closed");
    expect(client.closed).to.include({ code: "ovsdb-closed" });
  });

  it("says that there is no Open vSwitch as soon as its row is gone", async () => {
    const server = serverWith(MACHINE);
    const client = await server.client();
    const replica = await openReplica(client);
    server.tell("update2", { Open_vSwitch: { [id(1)]: { delete: null } } });
    expect(await rejection(replica.read())).to.include({ code: "no-ovs", host: "compute-1" });
    client.close();
  });
});
