import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import fc from "fast-check";
import { TaasError } from "../../../provider/errors";
import type { Operation } from "../../../provider/ovs/operations";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { readFacts } from "../../../provider/ovs/readFacts";
import { parseResults } from "../../../provider/ovs/results";

const COMMENT: Operation = { op: "comment", comment: "x" };
const SELECT: Operation = { op: "select", table: "Bridge", where: [] };
const WAIT: Operation = {
  op: "wait",
  table: "Bridge",
  where: [],
  columns: ["name"],
  until: "==",
  rows: [],
  timeout: 0,
};

/** A client and the far end of its socket, where a test plays a server that misbehaves. */
async function wire(timeoutMs = 1000): Promise<{ client: OvsdbClient; far: Socket }> {
  const directory = await mkdtemp(join(tmpdir(), "taas-wire-"));
  const server = createServer().listen(join(directory, "db.sock"));
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const stream = connect(join(directory, "db.sock"));
  const [far] = await accepted;
  server.close();
  await rm(directory, { recursive: true });
  return { client: new OvsdbClient({ kind: "stream", stream }, { host: "compute-1", timeoutMs }), far };
}

async function rejection(promise: Promise<unknown>): Promise<TaasError> {
  const error = await promise.then(
    () => "resolved",
    (reason: unknown) => reason,
  );
  if (error instanceof TaasError) return error;
  throw error;
}

describe("OvsdbClient", () => {
  it("matches replies to requests that come in another order, over chunks cut anywhere", async () => {
    const { client, far } = await wire();
    const replies = Promise.all([client.transact([SELECT]), client.transact([SELECT])]);
    await once(far, "data");
    const text =
      '{"id":2,"error":null,"result":[{"rows":[{"name":"é"}]}]}{"id":1,"error":null,"result":[{"rows":[]}]}';
    for (const byte of Buffer.from(text)) far.write(Uint8Array.of(byte));
    expect(await replies).to.deep.equal([[{ rows: [] }], [{ rows: [{ name: "é" }] }]]);
    client.close();
  });

  it("answers the server's echo, refuses other requests of it, passes over notifications", async () => {
    const { client, far } = await wire();
    let answers = "";
    far.on("data", (chunk) => {
      answers += chunk;
    });
    far.write('{"method":"echo","params":["a",1],"id":"echo"}{"method":"update","params":[],"id":null}');
    far.write('{"method":"steal","params":[],"id":7}');
    await sleep(10);
    expect(answers).to.equal(
      '{"id":"echo","result":["a",1],"error":null}{"id":7,"result":null,"error":"unknown method"}',
    );
    client.close();
  });

  for (const [what, end] of [
    ["ends", (far: Socket) => far.end()],
    ["ends in the middle of a message", (far: Socket) => far.end('{"id":1,')],
    ["is destroyed", (far: Socket) => far.destroy()],
  ] as const) {
    it(`rejects what is under way and what comes later when the stream ${what}`, async () => {
      const { client, far } = await wire();
      const underWay = [rejection(client.transact([COMMENT])), rejection(client.transact([COMMENT]))];
      far.resume();
      end(far);
      for (const error of await Promise.all(underWay)) expect(error).to.include({ code: "ovsdb-closed" });
      expect(await rejection(client.transact([COMMENT]))).to.include({
        code: "ovsdb-closed",
        host: "compute-1",
      });
    });
  }

  for (const text of ["SSH-2.0-x", '{"id":1,}', "[]", '{"id":1,"result":]}', "\u0000"]) {
    it(`gives the stream up when the far end sends ${JSON.stringify(text)}`, async () => {
      const { client, far } = await wire();
      const underWay = rejection(client.transact([COMMENT]));
      far.write(text);
      expect(await underWay).to.include({ code: "ovsdb-reply", host: "compute-1" });
      far.resume();
      await once(far, "end");
    });
  }

  it("goes on after a request that had no answer in time, whose late answer means nothing", async () => {
    const { client, far } = await wire(20);
    far.resume();
    expect(await rejection(client.transact([COMMENT]))).to.include({ code: "ovsdb-timeout" });
    const second = client.transact([SELECT]);
    far.write('{"id":1,"error":null,"result":[{}]}{"id":99,"error":null,"result":[{}]}');
    far.write('{"id":2,"error":null,"result":[{"rows":[]}]}');
    expect(await second).to.deep.equal([{ rows: [] }]);
    client.close();
  });

  it("reports a request that the server refuses as a whole", async () => {
    const { client, far } = await wire();
    const refused = rejection(client.transact([COMMENT]));
    far.write('{"id":1,"result":null,"error":{"error":"unknown database","details":"no Open_vSwitch here"}}');
    expect((await refused).message).to.contain("unknown database: no Open_vSwitch here");
    client.close();
  });

  it("says what the tool printed when that is no JSON, and bounds its time", async () => {
    const silent = new OvsdbClient(
      { kind: "tool", transact: () => new Promise(() => {}) },
      { host: "compute-1", timeoutMs: 10 },
    );
    expect(await rejection(silent.transact([COMMENT]))).to.include({
      code: "ovsdb-timeout",
      host: "compute-1",
    });
    const chatty = new OvsdbClient({ kind: "tool", transact: async () => "Last login: today" });
    expect((await rejection(chatty.transact([COMMENT]))).message).to.contain("Last login: today");
  });
});

describe("results of a transaction", () => {
  const failure = (operations: Operation[], reply: unknown): TaasError => {
    try {
      parseResults(operations, reply, "compute-1");
    } catch (error) {
      if (error instanceof TaasError) return error;
      throw error;
    }
    throw new Error("was taken");
  };

  it("are an error that names the operation, or the commit", () => {
    const named = failure([COMMENT, SELECT], [{}, { error: "constraint violation", details: "too much" }]);
    expect(named).to.include({ code: "ovsdb-error" });
    expect(named.message).to.contain("operation 1 (select Bridge): constraint violation: too much");
    const commit = failure([COMMENT], [{}, { error: "referential integrity violation" }]);
    expect(commit.message).to.contain("at the commit: referential integrity violation");
  });

  it("are a lost guard only when a wait timed out", () => {
    expect(failure([WAIT, COMMENT], [{ error: "timed out" }, null]).code).to.equal("guard-failed");
    expect(failure([WAIT], [{ error: "unknown column" }]).code).to.equal("ovsdb-error");
    expect(failure([COMMENT], [{ error: "timed out" }]).code).to.equal("ovsdb-error");
  });

  const odd: unknown[] = [
    null,
    {},
    "ok",
    [],
    [{ rows: [] }, {}],
    [null],
    [{ rows: {} }],
    [{ rows: [5] }],
    [{ rows: [[]] }],
    [{ count: 1 }],
  ];
  for (const reply of odd) {
    it(`are refused when the reply to a select is ${JSON.stringify(reply)}`, () => {
      expect(failure([SELECT], reply)).to.include({ code: "ovsdb-reply", host: "compute-1" });
    });
  }

  it("are refused when an insert has no UUID or an update no count", () => {
    const insert: Operation = { op: "insert", table: "Bridge", row: {} };
    expect(failure([insert], [{ uuid: "x" }]).code).to.equal("ovsdb-reply");
    expect(failure([{ op: "update", table: "Bridge", where: [], row: {} }], [{ count: "1" }]).code).to.equal(
      "ovsdb-reply",
    );
  });
});

describe("readFacts", () => {
  it("never fails otherwise than with an error for the operator, whatever the host sends", async () => {
    const rows = fc.array(
      fc.dictionary(
        fc.constantFrom("_uuid", "name", "ofport", "external_ids", "ports", "select_all", "ovs_version"),
        fc.oneof(
          fc.constantFrom(["set", []], ["map", []], ["map", [["a", "b"]]], 5, true, "text"),
          fc.constant(["uuid", "0b9c1a34-0000-4000-8000-00000000000a"]),
          fc.jsonValue(),
        ),
      ),
    );
    const reply = fc.array(fc.oneof(fc.record({ rows }), fc.jsonValue()), { minLength: 4, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(reply, async (results) => {
        const client = new OvsdbClient({ kind: "tool", transact: async () => JSON.stringify(results) });
        await readFacts(client).catch((error: unknown) => expect(error).to.be.instanceOf(TaasError));
      }),
    );
  });
});
