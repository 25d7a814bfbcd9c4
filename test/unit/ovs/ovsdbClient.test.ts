import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { TaasError } from "../../../provider/errors";
import type { Operation } from "../../../provider/ovs/operations";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { readFacts } from "../../../provider/ovs/readFacts";
import { parseResults } from "../../../provider/ovs/results";
import { rejection } from "../../rejection";

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

/** A database without anything, for `readFacts`. */
const FEW_ROWS = [
  {
    rows: [
      {
        _uuid: ["uuid", "0b9c1a34-0000-4000-8000-00000000000a"],
        ovs_version: "3.1.0",
        external_ids: ["map", []],
        other_config: ["map", []],
        next_cfg: 0,
        cur_cfg: 0,
      },
    ],
  },
  ...Array.from({ length: 4 }, () => ({ rows: [] })),
];

/** A client and the far end of its socket, where a test plays a server that misbehaves. */
async function wire(timeoutMs = 1000): Promise<{ client: OvsdbClient; far: Socket }> {
  const directory = await mkdtemp(join(tmpdir(), "taas-wire-"));
  const server = createServer().listen(join(directory, "db.sock"));
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const stream = connect(join(directory, "db.sock"));
  const [far] = await accepted;
  far.on("error", () => {});
  server.close();
  await rm(directory, { recursive: true });
  return { client: new OvsdbClient({ kind: "stream", stream }, { host: "compute-1", timeoutMs }), far };
}

function closed(far: Socket): Promise<void> {
  return new Promise((resolve) => far.once("close", () => resolve()));
}

describe("OvsdbClient", () => {
  it("matches replies to requests that arrive in another order, over chunks split anywhere", async () => {
    const { client, far } = await wire();
    const replies = Promise.all([client.transact([SELECT]), client.transact([SELECT])]);
    await once(far, "data");
    const text =
      '{"id":2,"error":null,"result":[{"rows":[{"name":"é"}]}]}{"id":1,"error":null,"result":[{"rows":[]}]}';
    for (const byte of Buffer.from(text)) far.write(Uint8Array.of(byte));
    expect(await replies).to.deep.equal([[{ rows: [] }], [{ rows: [{ name: "é" }] }]]);
    client.close();
  });

  it("answers the server's echo, refuses its other requests, ignores notifications", async () => {
    const { client, far } = await wire();
    let answers = "";
    far.on("data", (chunk) => {
      answers += chunk;
    });
    far.write('{"method":"echo","params":["a",1],"id":"echo"}{"method":"update","params":[],"id":null}');
    far.write('{"method":"steal","params":[],"id":7}');
    while (!answers.includes("unknown method")) await once(far, "data");
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
    it(`rejects pending and later requests when the stream ${what}`, async () => {
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
    it(`closes the stream when the far end sends ${JSON.stringify(text)}`, async () => {
      const { client, far } = await wire();
      const underWay = rejection(client.transact([COMMENT]));
      far.write(text);
      expect(await underWay).to.include({ code: "ovsdb-reply", host: "compute-1" });
      far.resume();
      await once(far, "end");
    });
  }

  it("closes the stream after a request without an answer in time, so that no later answer is taken for another's", async () => {
    const { client, far } = await wire(20);
    const asked: { method: string }[] = [];
    far.on("data", (chunk) => {
      for (const text of String(chunk).replaceAll("}{", "}\n{").split("\n")) asked.push(JSON.parse(text));
    });
    expect(await rejection(client.transact([COMMENT]))).to.include({ code: "ovsdb-timeout" });
    expect(client.closed).not.to.equal(undefined);
    expect(await rejection(client.transact([SELECT]))).to.include({ code: "ovsdb-timeout" });
    await closed(far);
    expect(asked.map(({ method }) => method)).to.deep.equal(["transact", "cancel"]);
  });

  it("never uses an id twice", async () => {
    const { client, far } = await wire();
    const ids: unknown[] = [];
    far.on("data", (chunk) => {
      const { id } = JSON.parse(String(chunk));
      ids.push(id);
      far.write(JSON.stringify({ id, error: null, result: FEW_ROWS }));
    });
    for (let time = 0; time < 3; time++) await readFacts(client);
    expect(new Set(ids).size).to.equal(3);
    client.close();
  });

  it("closes the stream when the server answers an unknown request, or asks without end", async () => {
    const late = await wire();
    late.far.write('{"id":99,"error":null,"result":[]}');
    late.far.resume();
    await closed(late.far);
    expect(await rejection(late.client.transact([SELECT]))).to.include({ code: "ovsdb-reply" });
    const flood = await wire();
    let answers = 0;
    flood.far.on("data", (chunk) => {
      answers += String(chunk).split('"result"').length - 1;
    });
    flood.far.write('{"method":"echo","params":[],"id":"x"}'.repeat(10_000));
    await closed(flood.far);
    expect(answers).to.be.at.most(101);
    expect(await rejection(flood.client.transact([SELECT]))).to.include({ code: "ovsdb-reply" });
  });

  it("holds no answers for a server that does not read them", async () => {
    const { client, far } = await wire();
    const echo = JSON.stringify({ method: "echo", params: ["x".repeat(1024 * 1024)], id: "x" });
    far.pause();
    for (let time = 0; time < 12; time++) far.write(echo);
    const error = await rejection(client.transact([SELECT]));
    expect(error).to.include({ code: "ovsdb-reply" });
    expect(error.message).to.contain("does not read the answers");
    far.destroy();
  });

  it("closes the stream after a reply that does not fit the request", async () => {
    const { client, far } = await wire();
    const asked = rejection(client.transact([SELECT]));
    far.write('{"id":1,"error":null,"result":[{"rows":7}]}');
    expect(await asked).to.include({ code: "ovsdb-reply" });
    expect(client.closed).not.to.equal(undefined);
  });

  it("reports a request that the server refuses as a whole", async () => {
    const { client, far } = await wire();
    const refused = rejection(client.transact([COMMENT]));
    far.write('{"id":1,"result":null,"error":{"error":"unknown database","details":"no Open_vSwitch here"}}');
    expect((await refused).message).to.contain("unknown database: no Open_vSwitch here");
    client.close();
  });

  it("reports what the tool printed if that is not JSON, and limits its time", async () => {
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

  it("are refused if an insert has no UUID or an update no count", () => {
    const insert: Operation = { op: "insert", table: "Bridge", row: {} };
    expect(failure([insert], [{ uuid: "x" }]).code).to.equal("ovsdb-reply");
    expect(failure([{ op: "update", table: "Bridge", where: [], row: {} }], [{ count: "1" }]).code).to.equal(
      "ovsdb-reply",
    );
  });
});

describe("readFacts", () => {
  it("never fails other than with an error for the operator, whatever the host sends", async () => {
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
