import { expect } from "chai";
import { type Counted, Totals as ReceivingTotals } from "../../../../cli/metrics/totals";
import type { Receives } from "../../../../provider/statistics/receives";
import type { CaptureStatistics, HostStatistics } from "../../../../provider/statistics/statistics";

const count = (packets: number) => ({ packets, bytes: packets * 100 });

const capture = (group: string, owners: string[], matched: number, dropped = 0): CaptureStatistics => ({
  owners,
  portNames: [],
  mirrors: [group],
  tunnelId: 1,
  direction: "any",
  matched: count(matched),
  copied: count(Math.max(0, matched - dropped)),
  dropped: count(dropped),
  rules: [],
});

const reading = (captures: CaptureStatistics[], delivered = 0, sent = 0, errors = 0): HostStatistics => ({
  address: "h",
  captures,
  services: [{ owner: "s", tunnelId: 1, delivered: count(delivered) }],
  tunnels: [
    {
      portName: "t",
      type: "vxlan",
      localIp: "",
      remoteIp: "",
      sent: count(sent),
      received: count(0),
      errors,
    },
  ],
});

/** The totals of a host none of whose groups copies to a service there, and none of whose claims outlives what it captures. */
class Totals extends ReceivingTotals {
  override add(
    read: HostStatistics,
    receives: Receives = () => false,
    isClaimed: (owner: string) => boolean = () => false,
  ): Counted {
    return super.add(read, receives, isClaimed);
  }
}

const matched = ({ flows }: Counted, owner: string) => flows.get(owner)?.matched?.packets;

describe("the totals of a host", () => {
  it("start with what the host has counted, so that they outlive the exporter", () => {
    const { flows, services, tunnels, errors } = new Totals().add(
      reading([capture("g", ["a"], 50, 10)], 7, 9, 3),
    );
    expect(flows.get("a")).to.deep.equal({ matched: count(50), copied: count(40), dropped: count(10) });
    expect(services.get("s")).to.deep.equal({ delivered: count(7) });
    expect(tunnels.get("t")).to.deep.equal({ sent: count(9), received: count(0) });
    expect(errors.get("t")).to.equal(3);
  });

  it("continue when the rules of a flow change", () => {
    const totals = new Totals();
    totals.add(reading([capture("old", ["a"], 50)]));
    expect(matched(totals.add(reading([capture("new", ["a"], 4)])), "a")).to.equal(54);
    expect(matched(totals.add(reading([capture("new", ["a"], 6)])), "a")).to.equal(56);
  });

  it("do not include what a group counted before a flow joined it", () => {
    const totals = new Totals();
    totals.add(reading([capture("g", ["a"], 1000), capture("own", ["b"], 5)]));
    const joined = totals.add(reading([capture("g", ["a", "b"], 1001)]));
    expect([matched(joined, "a"), matched(joined, "b")]).to.deep.equal([1001, 5]);
    const later = totals.add(reading([capture("g", ["a", "b"], 1003)]));
    expect([matched(later, "a"), matched(later, "b")]).to.deep.equal([1003, 7]);
  });

  it("add up the groups of a flow's directions", () => {
    const totals = new Totals();
    const both = (ingress: number, egress: number) =>
      totals.add(reading([capture("in", ["a"], ingress), capture("out", ["a"], egress)]));
    expect(matched(both(3, 4), "a")).to.equal(7);
    expect(matched(both(5, 1), "a")).to.equal(9);
    expect(matched(both(5, 2), "a")).to.equal(10);
  });

  it("never decrease, whatever counters do, and count nothing twice", () => {
    const totals = new Totals();
    totals.add(reading([capture("g", ["a"], 100, 60)], 40, 30, 9));
    const anew = totals.add(reading([capture("g", ["a"], 2, 1)], 1, 1, 0));
    expect(anew.flows.get("a")).to.deep.equal({ matched: count(100), copied: count(40), dropped: count(60) });
    const later = totals.add(reading([capture("g", ["a"], 12, 4)], 6, 11, 1));
    expect(later.flows.get("a")).to.deep.equal({
      matched: count(110),
      copied: count(47),
      dropped: count(63),
    });
    expect(later.services.get("s")).to.deep.equal({ delivered: count(45) });
    expect([later.tunnels.get("t")!.sent, later.errors.get("t")]).to.deep.equal([count(40), 10]);
  });

  describe("of a capped flow, whose rules are counted later than its meter", () => {
    /** 100,000 frames a second are offered and 1,000 pass; rules are read as they were up to half a second before. */
    const lagging = Array.from({ length: 40 }, (_, index) => {
      const [seconds, lag] = [5 + index / 4, [0, 0.4, 0.1, 0.5][index % 4]!];
      const [accepted, dropped] = [100_000 * (seconds - lag), 99_000 * seconds];
      const copied = Math.max(0, accepted - dropped);
      return { ...capture("g", ["a"], accepted, dropped), copied: count(copied), dropped: count(dropped) };
    });

    const isRising = (row: readonly number[]) =>
      row.every((value, index) => index === 0 || value >= row[index - 1]!);

    it("do not decrease, and are right once the rules have been counted", () => {
      const totals = new Totals();
      const row = lagging.map((read) => totals.add(reading([read])).flows.get("a")!.copied!);
      expect(lagging.map(({ copied }) => copied.packets)).not.to.satisfy(isRising);
      expect(row.map(({ packets }) => packets)).to.satisfy(isRising);
      expect(row.map(({ bytes }) => bytes)).to.satisfy(isRising);
      expect(row[36]).to.deep.equal(count(14_000));
    });

    it("are what a service of the same host gets, besides what arrives", () => {
      const totals = new Totals();
      const row = lagging.map((read, index) => {
        const arrived = 10 * index;
        const { services } = totals.add(reading([read], arrived + read.copied.packets), () => true);
        return services.get("s")!.delivered!.packets;
      });
      expect(row).to.satisfy(isRising);
      expect(row[36]).to.equal(14_000 + 360);
    });
  });

  describe("while a tapped VM is stopped and started", () => {
    const isLocal = () => true;
    const isClaimed = () => true;

    it("count what its group had counted once", () => {
      const totals = new Totals();
      const read = (captures: CaptureStatistics[]) => {
        const copied = captures.reduce((all, one) => all + one.copied.packets, 0);
        const { flows, services } = totals.add(reading(captures, 10 + copied), isLocal, isClaimed);
        return [flows.get("a")?.copied?.packets, services.get("s")?.delivered?.packets];
      };
      const group = (count: number) => [capture("g", ["a"], count)];
      expect(read(group(1_000_000))).to.deep.equal([1_000_000, 1_000_010]);
      expect(read([])).to.deep.equal([undefined, 1_000_010]);
      expect(read(group(1_000_000))).to.deep.equal([1_000_000, 1_000_010]);
      expect(read(group(1_000_007))).to.deep.equal([1_000_007, 1_000_017]);
    });

    it("count once what one of a flow's groups had counted, while the other remains", () => {
      const totals = new Totals();
      const read = (...captures: CaptureStatistics[]) =>
        matched(totals.add(reading(captures), isLocal, isClaimed), "a");
      expect(read(capture("g", ["a"], 100), capture("h", ["a"], 10))).to.equal(110);
      expect(read(capture("g", ["a"], 101))).to.equal(111);
      expect(read(capture("g", ["a"], 102), capture("h", ["a"], 10))).to.equal(112);
      expect(read(capture("g", ["a"], 102), capture("h", ["a"], 15))).to.equal(117);
    });

    it("continue if its rules were created again meanwhile", () => {
      const totals = new Totals();
      const read = (captures: CaptureStatistics[]) =>
        matched(totals.add(reading(captures), isLocal, isClaimed), "a");
      read([capture("g", ["a"], 100)]);
      read([]);
      expect(read([capture("g", ["a"], 3)])).to.equal(100);
      expect(read([capture("g", ["a"], 5)])).to.equal(102);
    });

    it("do not include what its group had counted for another flow", () => {
      const totals = new Totals();
      const read = (captures: CaptureStatistics[]) =>
        totals.add(reading(captures), isLocal, (owner) => owner === "a");
      read([capture("g", ["a"], 100)]);
      read([]);
      const { flows } = read([capture("g", ["a", "b"], 100)]);
      expect([...flows].map(([owner, counts]) => [owner, counts.matched!.packets])).to.deep.equal([
        ["a", 100],
        ["b", 0],
      ]);
    });
  });

  it("keep nothing of a claim that is gone", () => {
    const totals = new Totals();
    for (let turn = 0; turn < 3; turn++) {
      totals.add(reading([capture(`g${turn}`, [`a${turn}`], 1)]));
      const kept = Object.values(totals).filter((value) => value instanceof Map);
      expect(kept.map(({ size }) => size)).to.deep.equal([1, 1, 1, 3]);
    }
  });

  it("are deleted with the flow", () => {
    const totals = new Totals();
    totals.add(reading([capture("g", ["a"], 100)]));
    expect(totals.add(reading([])).flows.size).to.equal(0);
    expect(matched(totals.add(reading([capture("g", ["a"], 3)])), "a")).to.equal(3);
  });
});
