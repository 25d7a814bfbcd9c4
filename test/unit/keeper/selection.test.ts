import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import type { Context } from "mocha";
import { AWK_PROGRAM } from "../../../provider/keeper/awkProgram";
import { findPort } from "../../../provider/model/findPort";
import { selectPorts } from "../../../provider/model/selectPorts";
import { vlanClass, vlanClassKey } from "../../../provider/model/vlanClass";
import type { Facts } from "../../../provider/ovs/facts";
import { portWords, selectorWords } from "../../../provider/plan/selectorWords";
import type { PortInput } from "../../../provider/schema/port";
import type { PortSelector } from "../../../provider/schema/selector";
import { skipForLackOf } from "../../lacking";
import { type ObservedPort, observed } from "../model/observed";

/** Each awk that hosts have, as it is called. */
const AWKS = [["mawk"], ["gawk"], ["busybox", "awk"]];

function requireAwk(context: Context, awk: readonly string[]): void {
  const { status } = spawnSync(awk[0]!, [...awk.slice(1), "BEGIN { exit 0 }"]);
  if (status !== 0) skipForLackOf(context, awk[0]!);
}

const word = fc.constantFrom("a", "b", 'q"', "tab\t", "é", "\\", "n1");
const ids = fc.dictionary(fc.constantFrom("iface-id", "vm-uuid", "xs-vm-uuid", "attached-mac", "team"), word);
const mac = fc.constantFrom("fa:16:3e:00:00:0a", "fa:16:3e:00:00:0b");
const name = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.string({ unit: fc.constantFrom("a", "b", "-", "é"), minLength: 1, maxLength: 4 }),
  },
  fc.constantFrom("tap100i0", "veth7i1", "fwln100o0", "tap100", "xtap1i0", "fwln100o"),
);
const port = fc.record({
  type: fc.constantFrom("", "", "", "dpdkvhostuserclient", "internal", "patch", "vxlan"),
  tag: fc.constantFrom(undefined, 10, 20),
  ids: fc
    .tuple(ids, fc.option(mac))
    .map(([all, one]) => (one === null ? all : { ...all, "attached-mac": one })),
  portIds: ids,
  network: fc.option(word),
});
const ports = fc.uniqueArray(fc.tuple(name, port), { maxLength: 6, selector: ([one]) => one });

const pattern = fc.string({ unit: fc.constantFrom("a", "b", "-", "*", "?"), minLength: 1, maxLength: 4 });
const conditions = fc
  .record(
    {
      network: word,
      vlan: fc.constantFrom(10, 20),
      vm: word,
      name: pattern,
      externalIds: fc.dictionary(word, fc.oneof(word, fc.constant("*")), { minKeys: 1 }),
    },
    { requiredKeys: [] },
  )
  .map((some) => (Object.keys(some).length === 0 ? { name: "*" } : some));
const excluded = fc.oneof(
  ...[name, word.map((ifaceId) => ({ ifaceId })), mac.map((one) => ({ mac: one })), conditions],
  fc.record({ vmUuid: word, vnic: fc.nat(2) }, { requiredKeys: ["vmUuid"] }),
);
const selector: fc.Arbitrary<PortSelector> = fc
  .tuple(conditions, fc.array(excluded, { maxLength: 2 }))
  .map(([all, except]) => ({ ...all, except }));

/** A port as a claim names it. */
const claimed: fc.Arbitrary<PortInput> = fc.oneof(
  name,
  word.map((ifaceId) => ({ ifaceId })),
  fc.record({ mac, foundIfaceId: word }, { requiredKeys: ["mac"] }),
  fc.record({ vmUuid: word, vnic: fc.nat(2) }, { requiredKeys: ["vmUuid"] }),
);

type Some = typeof ports extends fc.Arbitrary<infer All> ? All : never;

function hostOf(some: Some): Facts {
  return observed({
    name: "br-int",
    ports: some.map(
      ([one, { type, tag, ids: externalIds, portIds, network }]): ObservedPort => ({
        name: one,
        port: { tag, externalIds: portIds, otherConfig: network === null ? {} : { net_uuid: network } },
        nic: { type, externalIds },
      }),
    ),
  });
}

/** Rows as ovs-vsctl prints them with `--format=csv --data=json --no-headings`. */
function csv(rows: unknown[][]): string {
  const cell = (value: unknown) => `"${JSON.stringify(value).replaceAll('"', '""')}"`;
  return rows.map((row) => `${row.map(cell).join(",")}\n`).join("");
}

const map = (entries: Record<string, string>) => ["map", Object.entries(entries)];
const uuid = (id: string) => ["uuid", id];
const optional = (value: unknown) => value ?? ["set", []];

/** The UUID of a row that no port has. */
const rowOf = (number: number) => uuid(`00000000-0000-4000-8000-${String(number).padStart(12, "0")}`);
const [, TAP] = rowOf(999_999) as [string, string];

/** A host's rows, with as many Mirrors of ours that capture nothing. */
function snapshot({ bridges, ports, interfaces }: Facts, mirrors: number): string {
  const [bridge] = bridges;
  const rows = Array.from({ length: mirrors }, (_, index) => rowOf(index));
  return [
    csv([
      [uuid(bridge!.uuid), bridge!.name, ["set", bridge!.ports.map(uuid)], ["set", rows], map({})],
      [uuid(TAP), "br-tap", ["set", []], ["set", []], map({ "taas-generation": "1" })],
    ]),
    csv(
      Object.values(ports).map((row) => [
        ...[uuid(row.uuid), row.name, uuid(row.interfaces[0]!), optional(row.tag), optional(row.vlanMode)],
        ...[map(row.externalIds), map(row.otherConfig)],
      ]),
    ),
    csv(
      Object.values(interfaces).map((row) => [
        ...[uuid(row.uuid), row.name, optional(row.ofport), optional(row.ofportRequest)],
        ...[map(row.externalIds), row.type],
      ]),
    ),
    csv(rows.map((row, index) => [row, `taas-${index}`, ["set", []], ["set", []], map({ taas: "1" })])),
  ].join("\n");
}

const COLUMN = "select_src_port";
const PLACES = ['"br-int"', '"br-tap"'];
const SAID = /^say\tport ("(?:[^"\\]|\\.)*") was not in select_src_port of mirror taas-(\d+): put back$/;

describe("what the keeper's program selects", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "taas-unit-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /**
   * The names of the ports that an awk puts into Mirrors, each of which a line of words tells its ports. `found`: the
   * lines that say how to find the ports to which the others refer.
   */
  function selectedBy(
    awk: readonly string[],
    facts: Facts,
    mirrored: readonly string[][],
    found: readonly string[][] = [],
  ) {
    const mirrors = mirrored.flatMap((words, index) => [["mirror", `taas-${index}`, "br-int"], words]);
    const lines = [...found, ...mirrors].map((words) => words.join("\t"));
    const text = ["keeper\t1", `bridge\t${TAP}\t1\tbr-tap`, ...lines, "end", "# sum", ""].join("\n");
    writeFileSync(join(folder, `state.${TAP}.1`), text);
    const [program, ...args] = awk;
    const { stdout, stderr } = spawnSync(program!, [...args, AWK_PROGRAM], {
      input: snapshot(facts, mirrored.length),
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C", TAAS_KEEPER: folder },
    });
    expect(stderr).to.equal("");
    const chosen = mirrored.map((): string[] => []);
    for (const line of stdout.split("\n").filter((one) => one.startsWith("say"))) {
      const [, name, mirror] = SAID.exec(line)!;
      chosen[Number(mirror)]!.push(JSON.parse(name!) as string);
    }
    return chosen.map((names) => names.sort());
  }

  const nothing = { monitors: [], placements: [] };

  for (const awk of AWKS) {
    it(`is what the model selects, with ${awk[0]}`, function () {
      requireAwk(this, awk);
      const series = fc.array(selector, { minLength: 40, maxLength: 40 });
      fc.assert(
        fc.property(ports, series, fc.constantFrom("strip", "keep"), (some, selectors, vlan) => {
          const facts = hostOf(some);
          const field = { facts, integrationBridge: "br-int", tapBridge: "br-tap", desired: nothing };
          const expected = selectors.map((one) =>
            selectPorts(one, field)
              .filter(({ port: row }) => vlanClassKey(vlanClass(row)) === vlan)
              .map(({ port: row }) => row.name)
              .sort(),
          );
          const lines = selectors.map((one) => ["select", COLUMN, vlan, ...PLACES, ...selectorWords(one)]);
          expect(selectedBy(awk, facts, lines)).to.deep.equal(expected);
        }),
        { numRuns: 25 },
      );
    });

    it(`is the port that the model finds, with ${awk[0]}`, function () {
      requireAwk(this, awk);
      const series = fc.array(claimed, { minLength: 40, maxLength: 40 });
      fc.assert(
        fc.property(ports, series, fc.constantFrom("strip", "keep"), (some, wanted, vlan) => {
          const facts = hostOf(some);
          const expected = wanted.map((one) => {
            const { found } = findPort(facts, ["br-int", "br-tap"], one);
            return found !== undefined && vlanClassKey(vlanClass(found.port)) === vlan
              ? [found.port.name]
              : [];
          });
          const found = wanted.map((one, index) => {
            const { kind, count, value } = portWords(one);
            return ["port", String(index), kind, ...PLACES, count, JSON.stringify(value)];
          });
          const members = wanted.map((_, index) => ["member", COLUMN, vlan, String(index)]);
          expect(selectedBy(awk, facts, members, found)).to.deep.equal(expected);
        }),
        { numRuns: 25 },
      );
    });
  }
});
