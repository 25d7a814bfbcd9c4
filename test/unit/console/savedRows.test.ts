import { expect } from "chai";
import type { Console } from "../../../console/server/console";
import { endsOf } from "../../../console/server/live/ends";
import type { HostView } from "../../../console/server/live/hostWatch";
import { serviceRows } from "../../../console/server/live/services";
import { tapRows } from "../../../console/server/live/taps";
import { tapsIn } from "../../../console/server/program/declared";
import { ownStack, programResources, readProgram } from "../../../console/server/program/program";
import { OPERATOR } from "../../../console/server/roles/viewer";
import { tapFor } from "../../../console/server/views";
import type { HostRecord } from "../../../provider/host/host";
import { flowArgs } from "../../../provider/schema/flow";
import { serviceArgs } from "../../../provider/schema/service";
import { claimedHost, flowClaimOf, serviceClaim } from "../../console/claimedHost";
import { flowText, programOf, serviceText } from "../../console/program";

const IDENTITY = { organization: "acme", stack: "prod" };
const STACK = "acme/taps/prod";
const EXPRESSION = '"$'.concat('{other.host}"');
const DOWN = { code: "host-unreachable", message: "no route" };

function known(text: string, views: readonly HostView[] = [], gone: readonly HostRecord[] = []) {
  const program = readProgram(text);
  const resources = programResources(program, IDENTITY);
  return { ends: endsOf(views, gone), views, program: resources, stack: ownStack(program, IDENTITY) };
}

/** The row of the tap `web` whose arguments, beside its service, are these. */
function tapOf(properties: string, views: readonly HostView[], gone: readonly HostRecord[] = []) {
  const text = `  web:\n    type: taas:TapFlow\n    properties: { service: "\${ids.ref}", ${properties} }\n`;
  return tapRows(known(programOf(serviceText("ids", ""), text), views, gone)).find(
    ({ name }) => name === "web",
  )!;
}

describe("taps and services that are only in the program", () => {
  const kinds = [
    ["TapFlow", flowArgs, tapRows],
    ["TapService", serviceArgs, serviceRows],
  ] as const;
  for (const [kind, args, rows] of kinds)
    it(`have a row, whatever an argument of a ${kind} is while somebody writes it`, () => {
      for (const value of ["", "x", "0", "[]", "[null]", "{}", "{ toString: 1 }", "{ address: }", EXPRESSION])
        for (const names of [Object.keys(args), ...Object.keys(args).map((name) => [name])]) {
          const lines = names.map((name) => `      ${name}: ${value}\n`).join("");
          const text = programOf(`  one:\n    type: taas:${kind}\n    properties:\n${lines}`);
          expect(rows(known(text)).map(({ name }) => name)).to.deep.equal(["one"]);
        }
    });

  it("take a null for an absent argument, as Pulumi does", () => {
    const [row] = serviceRows(
      known(programOf(serviceText("ids", "host: host1, port: tap-ids, collector: "))),
    );
    expect(row).to.include({ kind: "port", monitor: "tap-ids" });
    const [started] = serviceRows(
      known(programOf(serviceText("ids", "collector: { address: 192.0.2.9, type: }"))),
    );
    expect(started).to.include({ kind: "collector", monitor: "192.0.2.9" });
  });

  it("are on no host yet only where the hosts that may have them have been read", () => {
    const [read, down] = [
      claimedHost("host1", []),
      { record: { name: "host2", address: "host2" }, error: DOWN },
    ];
    const asked = { record: { name: "host3", address: "192.0.2.13" } };
    const views = [read, down, asked];
    const stale = claimedHost("host1", [], { error: DOWN });
    const outside = "its host is not in the inventory that the console started with";
    const cases: [string, readonly HostView[], string, string][] = [
      ["host: host1", views, "saved", "it is in the program, but not on any host yet"],
      ["host: host1.example", views, "saved", "it is in the program, but not on any host yet"],
      [
        "host: { address: host1.example, user: root }",
        views,
        "saved",
        "it is in the program, but not on any host yet",
      ],
      ["host: host2", views, "unreachable", "host host2: no route"],
      ["host: host1", [stale], "unreachable", "host host1: no route"],
      ["host: 192.0.2.13", views, "unknown", "host host3 has not answered yet"],
      ["host: root@10.0.0.7", views, "unknown", outside],
      ["hosts: [host1, host9]", views, "unknown", outside],
      ["hosts: [host1, host2]", views, "unreachable", "host host2: no route"],
      [`host: ${EXPRESSION}`, views, "unknown", "host host2 may have it, and has not been read"],
      [`host: ${EXPRESSION}`, [read], "saved", "it is in the program, but not on any host yet"],
    ];
    for (const [properties, seen, state, reason] of cases)
      expect(tapOf(properties, seen), properties).to.include({ state, reason });
    expect(tapOf("hosts: [host1, host2]", views).host).to.equal("host1, host2");
    const collector = programOf(serviceText("recorder", "collector: { address: 192.0.2.9, type: gre }"));
    expect(serviceRows(known(collector, [read]))[0]!.state).to.equal("saved");
    expect(serviceRows(known(collector, views))[0]!.state).to.equal("unknown");
  });

  it("are lost where all hosts that may have them are declared gone", () => {
    const views = [claimedHost("host1", [])];
    const gone = ["host3", "host4"].map((name) => ({ name, address: `${name}.example`, gone: true }));
    const cases: [string, string, string][] = [
      ["host: host3", "lost", "host3 is declared gone"],
      ["host: host4.example", "lost", "host4 is declared gone"],
      ["hosts: [host3, { address: host4.example }]", "lost", "host3, host4 are declared gone"],
      ["hosts: [host3, host1]", "saved", "it is in the program, but not on any host yet"],
      ["hosts: []", "saved", "it is in the program, but not on any host yet"],
    ];
    for (const [properties, state, reason] of cases)
      expect(tapOf(properties, views, gone), properties).to.include({ state, reason });
  });

  it("have ended, where their end has passed and nothing of them is left", () => {
    const views = [claimedHost("host1", [])];
    expect(tapOf('host: host1, until: "2020-01-01T00:00:00Z"', views).state).to.equal("ended");
    expect(tapOf('host: host1, until: "2090-01-01T00:00:00Z"', views).state).to.equal("saved");
  });
});

describe("taps and services of the console's own stack", () => {
  const owner = `${STACK}/TapFlow/web`;
  const service = `${STACK}/TapService/ids`;
  const GONE = "it is no longer in the program, so the next run deletes it";
  const views = [
    claimedHost("host1", [flowClaimOf(owner, service)]),
    claimedHost("host2", [serviceClaim("s1", { owner: service })]),
  ];

  it("say that the next run deletes them once they are not in the program any more", () => {
    const both = [serviceText("ids", "host: host2, port: tap-ids"), flowText("web", "ids", "port: tap-web")];
    const all = known(programOf(...both), views);
    const none = known(programOf(), views);
    for (const rows of [tapRows, serviceRows]) {
      const [row] = rows(all);
      expect(row!.own).to.equal(true);
      expect(row!.reason).to.equal(undefined);
      expect(rows(none)[0]).to.include({ state: "active", own: false, reason: GONE });
      // Nothing is known of a program that has not been read, or that is another stack's.
      for (const other of [{ program: undefined }, { stack: "acme/taps/test" }, { stack: undefined }])
        expect(rows({ ...none, ...other })[0]!.reason).to.equal(undefined);
    }
  });

  it("have no code that takes them over from another stack", () => {
    const codeFor = (other: object) => {
      const all = { ...known(programOf(), views), ...other };
      const rows = { taps: tapRows(all), services: serviceRows(all), hosts: [] };
      const measured = { taps: {}, services: {}, of: () => undefined };
      const live = { all: rows, ends: all.ends, stack: all.stack, views, measured };
      return tapFor({ live, options: {} } as unknown as Console, OPERATOR, rows.taps[0]!.id).moveCode;
    };
    expect(codeFor({})).to.equal(undefined);
    expect(codeFor({ stack: "acme/taps/test" })).to.include("pulumi import");
  });

  it("are one row each where they have a parent, whose type is in their owner keys", () => {
    const child = (text: string) => `${text}    options: { parent: "\${other}" }\n`;
    const ids = serviceText("ids", "host: host2, port: tap-ids");
    const web = flowText("web", "ids", "port: tap-web");
    const claims = [`${STACK}/other%3AThing$TapService$TapFlow/web`, `${STACK}/other%3AThing$TapService/ids`];
    const children = [
      claimedHost("host1", [flowClaimOf(claims[0]!, claims[1]!)]),
      claimedHost("host2", [serviceClaim("s1", { owner: claims[1] })]),
    ];
    const told = (text: string) => {
      const found = known(text, children);
      return [...tapRows(found), ...serviceRows(found)].map((row) => [row.owner, row.own]);
    };
    expect(told(programOf(child(ids), child(web)))).to.deep.equal(claims.map((claim) => [claim, true]));
    // Without a parent they are others: claims of a former program, which the next run deletes, or a host's invention.
    expect(
      told(programOf(ids, web))
        .filter(([, own]) => own)
        .map(([claim]) => claim),
    ).to.deep.equal([owner, service]);
    const [saved] = tapRows({ ...known(programOf(child(ids), web), children.slice(1)) });
    expect(saved!.serviceId).to.equal(serviceRows(known(programOf(child(ids)), children))[0]!.id);
  });

  it("are not said to be out of the program where a component may have created them", () => {
    const reasonOf = (types: string) => {
      const claims = [claimedHost("host2", [serviceClaim("s1", { owner: `${STACK}/${types}/x` })])];
      return serviceRows(known(programOf(), claims))[0]!.reason ?? "";
    };
    expect(reasonOf("TapService")).to.include("no longer in the program");
    expect(reasonOf("TapService$TapService")).to.include("no longer in the program");
    expect(reasonOf("acme%3Aindex%3AMonitoredVm$TapService")).to.not.include("program");
  });

  it("are nobody's where two resources with parents have one name", () => {
    const child = (key: string, parent: string) =>
      `${flowText(key, "ids", "port: tap-web")}    name: web\n    options: { parent: "\${${parent}}" }\n`;
    const program = programResources(readProgram(programOf(child("a", "x"), child("b", "y"))), IDENTITY);
    const taps = tapsIn(program);
    const claimed = `${STACK}/TapService$TapFlow/web`;
    expect(taps.of(claimed)).to.equal(undefined);
    expect(taps.mayHave(claimed)).to.equal(true);
    expect(taps.of(`${STACK}/TapFlow/web`)).to.equal(undefined);
    expect(tapsIn(program.slice(0, 1)).of(claimed)?.key).to.equal("a");
  });

  it("are of the kind that the program says: a host cannot have a service deleted as a tap", () => {
    const liar = claimedHost("host1", [flowClaimOf(service, service)]);
    const rows = tapRows(known(programOf(serviceText("ids", "host: host2, port: tap-ids")), [liar]));
    expect(rows.map(({ own }) => own)).to.deep.equal([false]);
  });
});
