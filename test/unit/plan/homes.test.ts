import { expect } from "chai";
import type { Desired, Placement } from "../../../provider/model/desired";
import { homeOf, renumberedPorts, sendHome, writeHome } from "../../../provider/model/home";
import type { Facts, PortFacts } from "../../../provider/ovs/facts";
import { noteHome, noteVnics, settlePortsBack } from "../../../provider/plan/homes";
import { type ObservedPort, observed, rowId } from "../model/observed";

/** What a port has noted. */
const noted = (externalIds: Record<string, string>): Pick<ObservedPort, "port"> => ({
  port: { externalIds },
});
const home = (text: string) => noted({ "taas-home": text });

/** What operations write: number requests by interface, notes by port; null for none. */
function written(facts: Facts, operations: readonly object[]): Record<string, unknown> {
  const names = Object.fromEntries(
    [...Object.values(facts.ports), ...Object.values(facts.interfaces)].map(({ uuid, name }) => [uuid, name]),
  );
  return Object.fromEntries(
    operations.map((operation) => {
      const { table, where, row, mutations } = operation as {
        table: string;
        where: [[string, string, [string, string]]];
        row?: { ofport_request: unknown };
        mutations?: [string, string, [string, [string, string][]]][];
      };
      const name = names[where[0][2][1]];
      if (row !== undefined) return [`${table} ${name}`, row.ofport_request];
      return [`${table} ${name}`, Object.fromEntries(mutations!.at(-1)![2][1])];
    }),
  );
}

const on = (bridge: string, name: string, more: Partial<Placement> = {}): Placement => ({
  ...{ port: rowId("Port", name), interface: rowId("Interface", name), name, bridge, owners: ["o"] },
  ...more,
});

describe("the home of a port", () => {
  const texts: [string | undefined, object | undefined][] = [
    ["2 - br-int", { bridge: "br-int", ofport: 2, request: undefined }],
    ["2 43 br-int", { bridge: "br-int", ofport: 2, request: 43 }],
    ["- - br int", { bridge: "br int", ofport: undefined, request: undefined }],
    ["0 - br-int", undefined],
    ["-1 - br-int", undefined],
    ["2 br-int", undefined],
    ["", undefined],
    [undefined, undefined],
  ];
  for (const [text, is] of texts) {
    it(`is ${is === undefined ? "undefined" : "parsed back as it was written"} from ${text}`, () => {
      const externalIds = text === undefined ? {} : { "taas-home": text };
      const found = homeOf({ externalIds } as PortFacts);
      expect(found).to.deep.equal(is);
      if (found !== undefined) expect(writeHome(found)).to.equal(text);
    });
  }

  const note = (port: Partial<PortFacts>, nic: object) => {
    const facts = observed({ name: "br-int", ports: [{ name: "ids", port, nic }] });
    const [row] = Object.values(facts.ports);
    return written(facts, noteHome(row!, Object.values(facts.interfaces)[0]!, "br-int"));
  };

  it("is where it is before it is moved", () => {
    expect(note({}, { ofport: 2, ofportRequest: 43 })).to.deep.equal({
      "Port ids": { "taas-home": "2 43 br-int" },
    });
    expect(note({}, { ofport: -1 })).to.deep.equal({ "Port ids": { "taas-home": "- - br-int" } });
  });

  it("stays what it was for a port that is moved again before ovs-vswitchd has restored its old number", () => {
    expect(
      note({ externalIds: { "taas-home": "2 - br-int" } }, { ofport: 30002, ofportRequest: 2 }),
    ).to.deep.equal({});
    expect(note({ externalIds: { "taas-home": "2 - br-ex" } }, { ofport: 3 })).to.deep.equal({
      "Port ids": { "taas-home": "3 - br-int" },
    });
  });
});

describe("ports on the tap bridge", () => {
  const sent = (facts: Facts, placements: Placement[] = []) => {
    const result: Pick<Desired, "placements" | "problems"> = { placements: [...placements], problems: [] };
    sendHome(facts, "br-tap", result);
    return { moves: result.placements.slice(placements.length), problems: result.problems };
  };
  const tap = { name: "br-tap", ports: [{ name: "a", ...home("7 - br-int") }, { name: "b" }] };

  it("are moved back if they have a home and no service uses them", () => {
    const facts = observed(tap, { name: "br-int", ports: [{ name: "c" }] });
    const { moves, problems } = sent(facts);
    expect(problems).to.deep.equal([]);
    expect(moves).to.deep.equal([on("br-int", "a", { ofportRequest: 7, owners: [] })]);
    expect(sent(facts, [on("br-tap", "a")]).moves).to.deep.equal([]);
  });

  it("are moved back under another number if theirs was assigned to another port", () => {
    const taker = { name: "c", nic: { ofport: 7 } };
    const { moves, problems } = sent(observed(tap, { name: "br-int", ports: [taker] }));
    expect(problems).to.deep.equal([]);
    expect(moves).to.deep.equal([on("br-int", "a", { owners: [] })]);
  });

  it("stay if their bridge is gone, and that is reported", () => {
    const gone = sent(observed(tap));
    expect(gone.problems[0]).to.include({ code: "home-bridge-missing", homecomer: rowId("Port", "a") });
  });
});

describe("ports that are back", () => {
  const nothing = { placements: [] };
  const host = (ports: ObservedPort[], unsettled?: true): Facts => ({
    ...observed({ name: "br-int", ports }),
    ...(unsettled && { unsettled }),
  });
  const back = (port: ObservedPort, unsettled?: true, ...others: ObservedPort[]) => {
    const facts = host([port, ...others], unsettled);
    return written(facts, settlePortsBack(nothing, facts, "br-tap"));
  };
  const at = (ofport: number, ofportRequest: number | undefined, text = "2 - br-int"): ObservedPort => ({
    ...{ name: "a", nic: { ofport, ofportRequest }, ...home(text) },
  });

  it("get their request back once they have their number", () => {
    expect(back(at(2, 2))).to.deep.equal({ "Interface a": ["set", []], "Port a": {} });
    expect(back(at(2, 2, "2 43 br-int"))).to.deep.equal({ "Interface a": 43, "Port a": {} });
    expect(back(at(2, 2), true)).to.deep.equal({ "Interface a": ["set", []], "Port a": {} });
  });

  it("wait for it while ovs-vswitchd is working", () => {
    expect(back(at(30002, 2), true)).to.deep.equal({});
  });

  it("keep a request that somebody else has made meanwhile", () => {
    expect(back(at(5, 5))).to.deep.equal({ "Port a": {} });
    expect(back(at(2, undefined))).to.deep.equal({ "Port a": {} });
  });

  it("release a number that was only borrowed, because theirs was not known or taken", () => {
    const released = { "Interface a": ["set", []], "Port a": {} };
    expect(back(at(20000, 20000, "- - br-int"))).to.deep.equal(released);
    expect(back(at(20000, 20000))).to.deep.equal(released);
  });

  it("do not request a number that another port has meanwhile", () => {
    const taker = { name: "prod", nic: { ofport: 5 } };
    const settled = { "Interface a": ["set", []], "Port a": {} };
    expect(back(at(20000, 20000, "5 5 br-int"), undefined, taker)).to.deep.equal(settled);
    expect(back(at(2, 2, "2 5 br-int"), undefined, taker)).to.deep.equal(settled);
    expect(back(at(5, 5, "5 5 br-int"))).to.deep.equal({ "Interface a": 5, "Port a": {} });
  });

  it("are reported with the number that they have, also while ovs-vswitchd is working on other ports", () => {
    const reported = (port: ObservedPort, unsettled?: true) =>
      renumberedPorts(nothing, host([port], unsettled), "br-tap").map(([, text]) => text);
    for (const unsettled of [undefined, true] as const)
      expect(reported(at(20000, 20000), unsettled)).to.deep.equal([
        "port a is back on br-int as OpenFlow port 20000: its number 2 was assigned to another port meanwhile",
      ]);
    expect(reported(at(30002, 20000), true)).to.deep.equal([]);
    expect(reported(at(2, 2), true)).to.deep.equal([]);
  });

  it("keep their note while a service moves them again", () => {
    const facts = observed({ name: "br-int", ports: [at(2, 2)] });
    expect(settlePortsBack({ placements: [on("br-tap", "a")] }, facts, "br-tap")).to.deep.equal([]);
  });
});

describe("the vNIC as which a monitor was found", () => {
  const notes = (known: string | undefined, ...vnics: (number | undefined)[]) => {
    const facts = observed({
      name: "br-tap",
      ports: [{ name: "a", ...noted(known === undefined ? {} : { "taas-vnic": known }) }],
    });
    const placements = vnics.map((vnic) => on("br-tap", "a", vnic === undefined ? {} : { vnic }));
    return written(facts, noteVnics({ placements }, facts, "br-tap"))["Port a"];
  };

  it("is noted once, and kept while a service uses it", () => {
    expect(notes(undefined, 1)).to.deep.equal({ "taas-vnic": "1" });
    expect(notes("1", 1)).to.equal(undefined);
    expect(notes("1", 0, 1)).to.equal(undefined);
    expect(notes(undefined, undefined)).to.equal(undefined);
  });

  it("is another, or none, once no service uses it any more", () => {
    expect(notes("1", 0)).to.deep.equal({ "taas-vnic": "0" });
    expect(notes("1", undefined)).to.deep.equal({});
  });
});
