import { expect } from "chai";
import { type End, endsOf } from "../../../console/server/live/ends";
import { moveCode } from "../../../console/server/live/moveCode";
import { serviceRows } from "../../../console/server/live/services";
import { stagesOf } from "../../../console/server/live/stages";
import { tapRows } from "../../../console/server/live/taps";
import type { HostRecord } from "../../../provider/host/host";
import { claimedHost, FLOW, farClaim, machineOf, serviceClaim, sourceClaim } from "../../console/claimedHost";

const SILENT = { error: { code: "host-unreachable", message: "no route" } };

/** compute1 with the source of a tap, and compute2 with its service. */
const ONE = claimedHost("compute1", [sourceClaim("t1")]);
const TWO = claimedHost("compute2", [serviceClaim("s1"), farClaim("t1")]);

/** The rows of the tap and of its service. */
function rowsOf(...views: End["view"][]) {
  const known = { ends: endsOf(views, []), views, program: [], stack: undefined };
  const [taps, services] = [tapRows(known), serviceRows(known)];
  expect([taps.length, services.length]).to.deep.equal([1, 1]);
  return { tap: taps[0]!, service: services[0]!, ends: known.ends };
}

describe("the claims that the console has read", () => {
  it("are one tap and one service where each host has what is its own", () => {
    const { tap, service, ends } = rowsOf(ONE, TWO);
    expect(tap).to.include({
      state: "active",
      host: "compute1",
      port: "tap-web",
      monitor: "tap-ids on compute2",
    });
    expect(service).to.include({ state: "active", host: "compute2", taps: 1 });
    expect(moveCode(ends.flows.get(FLOW)!, ends)).to.include("host: compute1");
  });

  it("of a service have a rival on a host that claims it too, wherever that host is in the inventory", () => {
    const rival = claimedHost("compute9", [serviceClaim("s9", { ports: ["tap-web"] })]);
    const last = rowsOf(ONE, TWO, rival);
    expect(last.service).to.include({ host: "compute2", state: "drifted" });
    expect(last.service.reason).to.equal("also claimed on host compute9");
    const first = rowsOf(rival, ONE, TWO);
    expect(first.service).to.include({ state: "drifted", reason: "also claimed on host compute2" });
    for (const { tap, ends } of [first, last]) {
      expect(tap).to.include({ state: "active", monitor: "tap-ids on compute2" });
      expect(stagesOf(tap, ends, { of: () => undefined } as never).at(-1)!.host).to.equal("compute2");
      expect(moveCode(ends.flows.get(FLOW)!, ends)).to.equal(undefined);
    }
  });

  it("of a tap have a rival likewise, which hides nothing of what is wrong with it", () => {
    const drifted = claimedHost("compute1", [sourceClaim("t1")], { faults: ["missing mirror"] });
    for (const other of [sourceClaim("t9"), sourceClaim("t9", { pending: "run" })])
      for (const state of [{}, SILENT]) {
        const rival = claimedHost("compute9", [other], state);
        for (const views of [
          [drifted, TWO, rival],
          [rival, drifted, TWO],
        ]) {
          const { tap, ends } = rowsOf(...views);
          expect(tap.state).to.equal("drifted");
          expect(tap.reason)
            .to.match(/^also claimed on host compute/)
            .and.include("host compute1: missing mirror");
          expect(moveCode(ends.flows.get(FLOW)!, ends)).to.equal(undefined);
        }
      }
  });

  it("of a tap of one tenant get no end from a host that claims it for another tenant", () => {
    const rival = claimedHost("compute9", [sourceClaim("t9", { tenant: "blue" })]);
    const two = claimedHost("compute2", [serviceClaim("s1"), farClaim("t1", { tenant: "red" })]);
    const { source, far, others } = endsOf([rival, two], []).flows.get(FLOW)!;
    expect([source?.view.record.name, far, others.length]).to.deep.equal(["compute9", undefined, 1]);
  });

  it("of a tap are lost where the address of its other end is that of a host that is declared gone", () => {
    const faults = { faults: ["missing mirror"] };
    const other = { name: "old2", address: "compute2.example" };
    const elsewhere = [{ machine: machineOf("compute2"), host: other }];
    const source = claimedHost("compute1", [sourceClaim("t1", { elsewhere })], faults);
    const monitor = claimedHost("compute2", [serviceClaim("s1"), farClaim("t1")], faults);
    const cases: [HostRecord, End["view"], string][] = [
      [{ name: "compute2", address: "compute2.example", gone: true }, source, "compute2 is declared gone"],
      [{ name: "old1", address: "192.0.2.11", gone: true }, monitor, "old1 is declared gone"],
    ];
    for (const [gone, view, reason] of cases) {
      const known = { ends: endsOf([view], [gone]), views: [view], program: [], stack: undefined };
      expect(tapRows(known)[0]).to.include({ host: "compute1", state: "lost", reason });
      for (const { state } of serviceRows(known)) expect(state).to.equal("drifted");
      const namesake = { ...gone, address: "192.0.2.99" };
      for (const others of [[], [namesake]])
        expect(tapRows({ ...known, ends: endsOf([view], others) })[0]!.state).to.equal("drifted");
    }
    const ended = claimedHost("compute1", [sourceClaim("t1", { elsewhere, until: "2020-01-01T00:00:00Z" })]);
    const known = { ends: endsOf([ended], [cases[0]![0]]), views: [ended], program: [], stack: undefined };
    expect(tapRows(known)[0]!.state).to.equal("ended");
  });

  it("stay where a host says that it is the machine of another", () => {
    const liar = claimedHost("compute0", [], { machine: machineOf("compute1") });
    for (const views of [
      [liar, ONE, TWO],
      [ONE, liar, TWO],
    ]) {
      const { tap } = rowsOf(...views);
      expect(tap).to.include({ state: "active", host: "compute1" });
    }
    const service = claimedHost("compute0", [], { machine: machineOf("compute2") });
    expect(rowsOf(service, ONE, TWO).service).to.include({ state: "active", host: "compute2" });
  });

  it("are shown under the first name of a machine with two", () => {
    const alias = claimedHost("alias", [sourceClaim("t1")], { machine: machineOf("compute1") });
    expect(rowsOf(ONE, alias, TWO).tap).to.include({ state: "active", host: "compute1" });
  });

  it("are one tap, and one service, while they are moved: an incarnation has one token", () => {
    const [from, to] = ["compute1", "compute3"].map((name) => claimedHost(name, [sourceClaim("t1")]));
    expect(rowsOf(from!, to!, TWO).tap).to.include({ state: "active", host: "compute1" });
    const moved = claimedHost("compute3", [serviceClaim("s1")]);
    expect(rowsOf(ONE, TWO, moved).service).to.include({ state: "active", host: "compute2" });
  });

  it("are those of a host that answers, where one that does not still had the tap", () => {
    const left = claimedHost("compute1", [sourceClaim("t1")], SILENT);
    const moved = claimedHost("compute3", [sourceClaim("t1")]);
    expect(rowsOf(left, moved, TWO).tap).to.include({ state: "active", host: "compute3" });
    expect(rowsOf(left, TWO).tap).to.include({ state: "unreachable", reason: "host compute1: no route" });
  });

  it("are missing at an end that its host does not have any more", () => {
    const elsewhere = [
      { machine: machineOf("compute2"), host: { name: "compute2", address: "compute2.example" } },
    ];
    const source = claimedHost("compute1", [sourceClaim("t1", { elsewhere })]);
    const { tap } = rowsOf(source, claimedHost("compute2", [serviceClaim("s1")]));
    expect(tap).to.include({ state: "drifted", reason: "host compute2: claim missing" });
  });
});
