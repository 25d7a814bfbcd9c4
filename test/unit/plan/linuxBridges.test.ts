import { expect } from "chai";
import type { Monitor } from "../../../provider/model/desired";
import {
  bridgesToRestore,
  type FoundLinuxBridge,
  isShared,
  type LinuxBridge,
  linuxBridgeOf,
  openBridge,
  writeLinuxBridge,
} from "../../../provider/model/linuxBridge";
import type { PortFacts } from "../../../provider/ovs/facts";
import { noteLinuxBridges } from "../../../provider/plan/linuxBridges";
import { observed, rowId } from "../model/observed";

const bridge = (name: string, ageing: number, more: Partial<LinuxBridge> = {}): LinuxBridge => ({
  ...{ name, ageing, port: `in-${name}`, mask: 0, snooping: undefined },
  ...more,
});
const withPorts = (one: LinuxBridge, ports: number): FoundLinuxBridge => ({
  ...one,
  ...{ ports, firewall: "off" },
});
/** Linux bridges as they are found, each with the ports of a hybrid plug. */
const found = (bridges: Record<string, LinuxBridge>) =>
  new Map(
    Object.entries(bridges).map(([port, one]): [string, FoundLinuxBridge] => [port, withPorts(one, 2)]),
  );
const monitor = (name: string): Monitor => ({
  ...{
    owner: "o",
    port: rowId("Port", name),
    interface: rowId("Interface", name),
    name,
    wanted: name,
    bridges: [],
    attachment: "tap-bridge",
  },
});

/** A host's ports, each with its note, and its tap bridge's notes by the Linux bridges' ports. */
function host(ports: Record<string, string | undefined>, onTap: Record<string, string> = {}) {
  const externalIds = Object.fromEntries(
    Object.entries(onTap).map(([port, note]) => [`taas-linux-bridge:${port}`, note]),
  );
  return observed(
    { name: "br-tap", ports: [], row: { externalIds } },
    {
      name: "br-int",
      ports: Object.entries(ports).map(([name, note]) => ({
        ...{
          name,
          port: { externalIds: Object.fromEntries(note === undefined ? [] : [["taas-ageing", note]]) },
        },
      })),
    },
  );
}

/** What is noted on ports; null where a note ends. */
function notes(
  ports: Record<string, string | undefined>,
  monitors: string[],
  bridges: Record<string, LinuxBridge>,
  onTap: Record<string, string> = {},
) {
  const facts = host(ports, onTap);
  const operations = noteLinuxBridges({ monitors: monitors.map(monitor) }, facts, found(bridges), {
    name: "br-tap",
    bridge: facts.bridges[0],
  });
  return Object.fromEntries(
    operations
      .filter((operation) => "table" in operation && operation.table === "Port")
      .map((operation) => {
        const { where, mutations } = operation as unknown as {
          where: [[string, string, [string, string]]];
          mutations: [string, string, [string, [string, string][]]][];
        };
        const [written] = mutations.at(-1)![2][1];
        return [facts.ports[where[0][2][1]]!.name, written?.[1] ?? null];
      }),
  );
}

describe("the note of a Linux bridge behind a monitor", () => {
  const texts: [string, LinuxBridge | undefined][] = [
    ["qbr-a 30000 qvb-a 0", bridge("qbr-a", 30000, { port: "qvb-a" })],
    ["qbr-a 0 qvb-a 65533", bridge("qbr-a", 0, { port: "qvb-a", mask: 65533 })],
    ["qbr-a 1 qvb-a -", bridge("qbr-a", 1, { port: "qvb-a", mask: undefined })],
    ["qbr-a 30000 qvb-a 0 1", bridge("qbr-a", 30000, { port: "qvb-a", snooping: 1 })],
    ["qbr-a 30000 qvb-a - 0", bridge("qbr-a", 30000, { port: "qvb-a", mask: undefined, snooping: 0 })],
    ["qbr-a -1 qvb-a 0", undefined],
    ["../x 1 qvb-a 0", undefined],
    ["qbr-a 1 qvb-a 0 x", undefined],
    ["qbr-a 1 qvb-a 0 1 x", undefined],
    ["", undefined],
  ];
  for (const [text, is] of texts) {
    it(`is ${is === undefined ? "ignored" : "parsed back as it was written"}: "${text}"`, () => {
      const found = linuxBridgeOf({ externalIds: { "taas-ageing": text } } as unknown as PortFacts);
      expect(found).to.deep.equal(is);
      if (found !== undefined) expect(writeLinuxBridge(found)).to.equal(text);
    });
  }

  it("says how the bridge was when its port became a monitor", () => {
    expect(notes({ a: undefined, b: undefined }, ["a", "b"], { a: bridge("qbr", 30000) })).to.deep.equal({
      a: "qbr 30000 in-qbr 0",
    });
  });

  it("stays what it is, although the bridge has been opened since", () => {
    expect(notes({ a: "qbr 30000 in-qbr 0" }, ["a"], { a: openBridge(bridge("qbr", 0)) })).to.deep.equal({});
    expect(notes({ a: "qbr 30000 in-qbr 0" }, ["a"], {})).to.deep.equal({});
  });

  it("gets the snooping that an earlier release did not note, because it did not set it", () => {
    const snooping = { a: bridge("qbr", 0, { mask: 65533, snooping: 1 }) };
    expect(notes({ a: "qbr 30000 in-qbr 0" }, ["a"], snooping)).to.deep.equal({ a: "qbr 30000 in-qbr 0 1" });
    const open = { a: openBridge(snooping.a) };
    expect(notes({ a: "qbr 30000 in-qbr 0 1" }, ["a"], open)).to.deep.equal({});
  });

  it("is the tap bridge's if the port's row was created again", () => {
    const open = { a: openBridge(bridge("qbr", 0)) };
    const onTap = { "in-qbr": "qbr 30000 in-qbr 8", other: "other 7 other 0" };
    expect(notes({ a: undefined }, ["a"], open, onTap)).to.deep.equal({ a: "qbr 30000 in-qbr 8" });
    expect(notes({ a: undefined }, ["a"], { a: bridge("qbr", 0, { port: "in2" }) }, onTap)).to.deep.equal({
      a: "qbr 30000 in2 0",
    });
  });

  it("has the ageing time and snooping that another port's note of the same bridge has", () => {
    const bridges = {
      a: bridge("qbr", 0, { snooping: 0 }),
      b: bridge("qbr", 0, { port: "in2", snooping: 0 }),
    };
    expect(notes({ a: "qbr 30000 in-qbr 0 1", b: undefined }, ["a", "b"], bridges)).to.deep.equal({
      b: "qbr 30000 in2 0 1",
    });
  });

  it("is deleted when the port is no longer a monitor", () => {
    expect(notes({ a: "qbr 30000 in-qbr 0", b: undefined }, ["b"], {})).to.deep.equal({ a: null });
  });
});

describe("a Linux bridge behind a port that is to be a monitor", () => {
  const cases: [string, number, LinuxBridge[], boolean][] = [
    ["has the VM's port and Open vSwitch's", 2, [], false],
    ["has Open vSwitch's port alone, as while the VM is stopped", 1, [], false],
    ["has the port of another VM too", 3, [], true],
    ["has it while another bridge is noted", 3, [bridge("qbr-b", 30000)], true],
    ["got it after it was noted", 3, [bridge("qbr-a", 30000)], false],
  ];
  for (const [what, ports, noted, shared] of cases) {
    it(`is ${shared ? "" : "not "}shared if it ${what}`, () => {
      expect(isShared(withPorts(bridge("qbr-a", 30000), ports), noted)).to.equal(shared);
    });
  }
});

describe("Linux bridges that are to be restored", () => {
  const restored = (
    ports: Record<string, string | undefined>,
    monitors: string[],
    onTap: Record<string, string> = {},
    bridges: Record<string, LinuxBridge> = {},
  ) => {
    const facts = host(ports, onTap);
    const tap = facts.bridges[0];
    return bridgesToRestore({ monitors: monitors.map(monitor) }, facts, found(bridges), tap).map(
      writeLinuxBridge,
    );
  };

  it("are those that only the tap bridge records, unless a monitor is behind them", () => {
    const onTap = { in: "qbr 30000 in 8" };
    expect(restored({ a: undefined }, [], onTap)).to.deep.equal(["qbr 30000 in 8"]);
    const behind = { a: bridge("qbr", 0, { port: "in" }) };
    expect(restored({ a: undefined }, ["a"], onTap, behind)).to.deep.equal([]);
  });

  it("are those behind ports that are no longer monitors", () => {
    expect(restored({ a: "qbra 30000 in 0", b: "qbrb 30000 in2 0", c: undefined }, ["b"])).to.deep.equal([
      "qbra 30000 in 0",
    ]);
  });

  it("stay open while another monitor is behind them, and only the port to the former one is restored", () => {
    const both = { a: "qbr 30000 in 8 1", b: "qbr 30000 in2 0 1" };
    expect(restored(both, ["b"])).to.deep.equal(["qbr 0 in 8 0"]);
    expect(restored(both, [])).to.deep.equal(["qbr 30000 in 8 1", "qbr 30000 in2 0 1"]);
  });

  it("are none that another row of the same port has", () => {
    expect(restored({ a: "qbr 30000 in 0", b: "qbr 30000 in 0" }, ["b"])).to.deep.equal([]);
  });
});
