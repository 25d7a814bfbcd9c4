import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { readClaims } from "../../../provider/model/readClaims";
import { render } from "../../../provider/model/render";
import { JsonSplitter } from "../../../provider/ovs/jsonSplitter";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { readFacts } from "../../../provider/ovs/readFacts";
import { altered, hostileJson, hostileText } from "./arbitrary";
import { eventually, outcome } from "./outcome";

const id = (digit: number): string => `00000000-0000-4000-8000-00000000000${digit}`;
const strings = (entries: [string, string][]) => ["map", entries];
const nothing = ["set", []];

/** What an honest server says of a small host. */
const HONEST = [
  {
    rows: [
      {
        _uuid: ["uuid", id(1)],
        ovs_version: "3.1.0",
        next_cfg: 7,
        cur_cfg: 7,
        external_ids: strings([["system-id", "x"]]),
        other_config: strings([]),
      },
    ],
  },
  {
    rows: [
      {
        _uuid: ["uuid", id(2)],
        name: "br-int",
        datapath_type: "netdev",
        fail_mode: "secure",
        protocols: nothing,
        controller: nothing,
        stp_enable: false,
        rstp_enable: false,
        external_ids: strings([["taas-renderer", "1"]]),
        other_config: strings([]),
        ports: ["uuid", id(3)],
        mirrors: ["uuid", id(5)],
      },
    ],
  },
  {
    rows: [
      {
        _uuid: ["uuid", id(3)],
        name: "tap-web",
        interfaces: ["uuid", id(4)],
        tag: 10,
        trunks: nothing,
        vlan_mode: nothing,
        external_ids: strings([]),
      },
    ],
  },
  {
    rows: [
      {
        _uuid: ["uuid", id(4)],
        name: "tap-web",
        type: "",
        bfd: strings([]),
        bfd_status: strings([]),
        ofport: 1,
        ofport_request: nothing,
        options: strings([]),
        external_ids: strings([]),
        mac_in_use: "fa:16:3e:00:00:01",
        mtu: 1450,
        error: nothing,
      },
    ],
  },
  {
    rows: [
      {
        _uuid: ["uuid", id(5)],
        name: "m",
        select_all: false,
        select_src_port: ["uuid", id(3)],
        select_dst_port: nothing,
        select_vlan: nothing,
        output_port: nothing,
        output_vlan: nothing,
        snaplen: nothing,
        external_ids: strings([]),
      },
    ],
  },
];

const value = fc.oneof(
  hostileJson,
  fc.tuple(fc.constantFrom("set", "map", "uuid", "named-uuid"), hostileJson),
  fc.array(hostileText).map((members) => ["set", members]),
  fc.array(fc.tuple(hostileText, hostileText)).map((pairs) => ["map", pairs]),
  fc.constant(["set", Array.from({ length: 20_000 }, (_, index) => index)]),
);

/** Reads a host through a tool that answers so, and goes on as far as it gets. */
function readThrough(answer: string): Promise<unknown> {
  const client = new OvsdbClient({ kind: "tool", transact: async () => answer }, { host: "host1" });
  return eventually(async () => {
    const facts = await readFacts(client);
    const read = outcome(() => readClaims(facts, "br-int", "host1"));
    if (read !== undefined) outcome(() => render(read.claims, facts, "br-int"));
    return facts;
  });
}

describe("an OVSDB server that sends anything", () => {
  it("is read if it is honest", async () => {
    const facts = await readThrough(JSON.stringify(HONEST));
    expect(facts).to.deep.include({ machine: id(1), version: "3.1.0" });
  });

  it("is refused, or read, with anything in any place of its answer", async () => {
    const answer = fc.oneof(altered(HONEST, value), hostileJson).map((one) => JSON.stringify(one));
    await fc.assert(
      fc.asyncProperty(fc.oneof(answer, hostileText), async (text) => void (await readThrough(text))),
      { numRuns: 500 },
    );
  });

  it("may split its messages at any byte, and nest as deep as it likes", () => {
    fc.assert(
      fc.property(fc.array(hostileJson, { maxLength: 3 }), fc.array(fc.nat(400)), (values, cuts) => {
        const documents = values.map((one) => JSON.stringify({ one }));
        const bytes = Buffer.from(documents.join(" "));
        const splitter = new JsonSplitter();
        const found: string[] = [];
        let start = 0;
        const take = (end: number) => {
          for (const document of splitter.push(bytes.subarray(start, end))) found.push(document);
          start = end;
        };
        const done = outcome(() => {
          for (const cut of cuts) take(Math.min(start + cut, bytes.length));
          take(bytes.length);
          return true;
        });
        const whole = documents.map((one) => Buffer.from(one).toString());
        expect(found).to.deep.equal(done ? whole : whole.slice(0, found.length));
      }),
      { numRuns: 300 },
    );
  });

  it("cannot keep a transaction waiting beyond its time, whatever arrives on the socket", async () => {
    const directory = await mkdtemp(join(tmpdir(), "taas-hostile-"));
    const path = join(directory, "db.sock");
    let garbage: Buffer = Buffer.alloc(0);
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.write(garbage));
    }).listen(path);
    await once(server, "listening");
    const message = fc
      .record(
        {
          id: fc.oneof(fc.constant(1), hostileJson),
          method: fc.oneof(fc.constant("echo"), hostileText),
          params: hostileJson,
          error: hostileJson,
          result: fc.oneof(altered([{ rows: [] }], value), hostileJson),
        },
        { requiredKeys: [] },
      )
      .map((one) => Buffer.from(JSON.stringify(one)));
    const bytes = fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array));
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.oneof(message, message, bytes), { maxLength: 4 }), async (parts) => {
          garbage = Buffer.concat(parts);
          const stream = createConnection(path);
          const client = new OvsdbClient({ kind: "stream", stream }, { host: "host1", timeoutMs: 40 });
          await eventually(() => client.transact([{ op: "select", table: "Bridge", where: [] }]));
          client.close();
        }),
        { numRuns: 200 },
      );
    } finally {
      server.close();
      await rm(directory, { recursive: true });
    }
  });
});
