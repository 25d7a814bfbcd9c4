import { mock } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { isLeaseCookie } from "../../../provider/model/identity";
import { sendProbes } from "../../../provider/verify/sendProbes";
import type { Probe } from "../../../provider/verify/shots";
import { ExpiringHost, FakeHost } from "./fakeHost";

/** A way out by a port; `longest`: bytes of the longest copies on it. */
function way(output: number, longest?: number) {
  return { actions: [{ output }], longest };
}

function probe(from: FakeHost, to: FakeHost, more: Partial<Probe> = {}): Probe {
  return { from, to, ways: [way(3)], ...more };
}

describe("the probes of a run", () => {
  it("arrive with their tunnel id, and their rules are deleted with them", async () => {
    const to = new FakeHost();
    const from = new FakeHost(() => [{ to, tunnelId: 7n }]);
    const [result] = await sendProbes([probe(from, to)]);
    expect(result).to.include({ outcome: "arrived", tunnelId: 7 });
    const [{ rules, seconds }] = to.leased as [(typeof to.leased)[0]];
    expect(seconds).to.equal(10);
    expect(rules.every(({ cookie }) => isLeaseCookie(cookie))).to.equal(true);
    expect(to.ended).to.deep.equal(rules);
    expect(from.leased).to.deep.equal([]);
  });

  it("are sent again if the first is lost, and not if it is not", async () => {
    const to = new FakeHost();
    const from = new FakeHost((_, attempt) => (attempt > 1 ? [{ to, tunnelId: 7n }] : []));
    const other = new FakeHost(() => [{ to, tunnelId: 8n }]);
    const results = await sendProbes([probe(from, to), probe(other, to)]);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(["arrived", "arrived"]);
    expect([from.sent.length, other.sent.length]).to.deep.equal([2, 1]);
  });

  it("are lost if they arrive nowhere, or elsewhere than they should", async () => {
    const [to, elsewhere] = [new FakeHost(), new FakeHost()];
    const from = new FakeHost(() => [{ to: elsewhere, tunnelId: 7n }]);
    const results = await sendProbes([probe(from, to), probe(new FakeHost(), elsewhere)]);
    expect(results).to.deep.equal([
      { outcome: "lost", sent: 3 },
      { outcome: "lost", sent: 3 },
    ]);
  });

  it("are not reported lost if the host that should report them is", async () => {
    const to = new FakeHost();
    const from = new FakeHost(() => {
      to.packets.close(new Error("the connection has ended"));
      return [];
    });
    const [result] = await sendProbes([probe(from, to)]);
    expect(result).to.deep.equal({ outcome: "refused", why: "the connection has ended" });
  });

  it("must arrive by all paths of the copies, and report a different tunnel id", async () => {
    const to = new FakeHost();
    const ways = [way(3), way(4)];
    const half = new FakeHost(({ actions }) =>
      JSON.stringify(actions).includes("4") ? [] : [{ to, tunnelId: 7n }],
    );
    const odd = new FakeHost(({ actions }) => [
      { to, tunnelId: JSON.stringify(actions).includes("4") ? 9n : 7n },
    ]);
    const [first, second] = await sendProbes([probe(half, to, { ways }), probe(odd, to, { ways })]);
    expect(first).to.deep.equal({ outcome: "lost", sent: 3 });
    expect(second).to.include({ outcome: "arrived", tunnelId: 9 });
  });

  describe("as long as the longest copies", () => {
    /** A wire that takes frames of so many bytes at most. */
    const wire = (to: FakeHost, bytes: number) =>
      new FakeHost(({ frame }) => (frame.length <= bytes ? [{ to, tunnelId: 7n }] : []));

    it("arrive, and nothing more is tried", async () => {
      const to = new FakeHost();
      const from = wire(to, 1514);
      const [result] = await sendProbes([probe(from, to, { ways: [way(3, 1514)] })]);
      expect(result).to.include({ outcome: "arrived" }).and.not.have.property("cut");
      expect(from.sent.map(({ frame }) => frame.length)).to.deep.equal([60, 1514]);
    });

    it("are lost where the way takes less, and how much it takes is found out", async () => {
      const to = new FakeHost();
      const limits = [61, 100, 1463, 1464, 1513];
      const ways = [way(3), way(4, 1514)];
      const results = await sendProbes(limits.map((limit) => probe(wire(to, limit), to, { ways })));
      for (const [index, arrived] of limits.entries())
        expect(results[index]).to.deep.include({ outcome: "arrived", cut: { longest: 1514, arrived } });
    });

    it("are not called lost for the first ones that are", async () => {
      const to = new FakeHost();
      let long = 0;
      const from = new FakeHost(({ frame }) =>
        frame.length > 60 && ++long < 4 ? [] : [{ to, tunnelId: 7n }],
      );
      const [result] = await sendProbes([probe(from, to, { ways: [way(3, 1514)] })]);
      expect(result).not.to.have.property("cut");
    });

    it("are looked after on some ways only where many lose them", async () => {
      const to = new FakeHost();
      const probes = Array.from({ length: 40 }, () => probe(wire(to, 1000), to, { ways: [way(3, 1514)] }));
      const results = await sendProbes(probes);
      const found = results.map((result) => (result.outcome === "arrived" ? result.cut?.arrived : 0));
      expect(found).to.deep.equal([...Array(32).fill(1000), ...Array(8).fill(undefined)]);
    });

    it("are not delivered", async () => {
      const to = new FakeHost();
      const deliver = { actions: [{ output: 9 }], text: "given" };
      await sendProbes([probe(wire(to, 1514), to, { ways: [way(3, 1514)], deliver })]);
      expect(to.sent.map(({ frame }) => frame.length)).to.deep.equal([60]);
    });
  });

  it("are given to the monitors only where that is asked for, once each", async () => {
    const [to, asked] = [new FakeHost(), new FakeHost()];
    const from = new FakeHost(() => [{ to, tunnelId: 7n }]);
    const also = new FakeHost(() => [{ to: asked, tunnelId: 7n }]);
    const deliver = { actions: [{ output: 9 }], text: "given" };
    const [, result] = await sendProbes([probe(from, to), probe(also, asked, { deliver })]);
    expect(to.sent).to.deep.equal([]);
    expect(result).to.include({ delivered: "given" });
    expect(asked.sent.map(({ actions }) => actions)).to.deep.equal([deliver.actions]);
  });

  describe("beside a host that is slow", () => {
    before(() => mock.timers.enable({ apis: ["setTimeout"] }));
    after(() => mock.timers.reset());

    /** The result of work, for which the clock runs as fast as the work allows. */
    async function soon<Result>(work: Promise<Result>): Promise<Result> {
      let isOver = false;
      const done = () => {
        isOver = true;
      };
      work.then(done, done);
      while (!isOver) {
        await new Promise((resolve) => setImmediate(resolve));
        mock.timers.tick(50);
      }
      return work;
    }

    const NO_ANSWER = { outcome: "refused", why: "no answer within 3 s" };

    it("arrive, and no monitor gets one", async () => {
      const late = new FakeHost();
      late.lease = () => sleep(11_000);
      const to = new ExpiringHost();
      const from = new FakeHost(() => [{ to, tunnelId: 7n }]);
      const [first, second] = await soon(sendProbes([probe(from, late), probe(from, to)]));
      expect(first).to.deep.equal(NO_ANSWER);
      expect(second).to.include({ outcome: "arrived", tunnelId: 7 });
      expect(to.delivered).to.equal(0);
    });

    it("arrive in the last round, and no monitor gets one", async () => {
      const late = new FakeHost();
      late.send = () => sleep(6000);
      const [to, other] = [new ExpiringHost(), new ExpiringHost()];
      const from = new FakeHost((_, attempt) => (attempt > 2 ? [{ to, tunnelId: 7n }] : []));
      const [first, second] = await soon(sendProbes([probe(late, other), probe(from, to)]));
      expect(first).to.deep.equal(NO_ANSWER);
      expect(second).to.include({ outcome: "arrived" });
      expect(to.leased).to.have.length(3);
      expect(to.delivered).to.equal(0);
    });

    it("reach no monitor if it sends them after its time to answer", async () => {
      const [to, other] = [new ExpiringHost(), new ExpiringHost()];
      const late = new FakeHost();
      late.send = async (frames) => {
        await sleep(4000);
        for (const { frame } of frames) to.receive({ tunnelId: 7n, frame });
      };
      const from = new FakeHost(() => [{ to: other, tunnelId: 7n }]);
      const [first, second] = await soon(sendProbes([probe(late, to), probe(from, other)]));
      expect(first).to.deep.equal(NO_ANSWER);
      expect(second).to.include({ outcome: "arrived" });
      await soon(sleep(3000));
      expect(to.delivered).to.equal(0);
      expect([to.ended.length, other.ended.length]).to.deep.equal([0, 2]);
    });

    it("end although it does not answer at their end", async () => {
      const to = new FakeHost();
      const from = new FakeHost(() => [{ to, tunnelId: 7n }]);
      to.end = () => new Promise(() => {});
      const [result] = await soon(sendProbes([probe(from, to)]));
      expect(result).to.include({ outcome: "arrived" });
    });
  });

  describe("to a host that refuses a later round", () => {
    /** A host that takes the rules for probes so often only. */
    class Refusing extends FakeHost {
      constructor(private readonly times: number) {
        super();
      }

      override async lease(...all: Parameters<FakeHost["lease"]>): Promise<void> {
        if (this.leased.length === this.times) throw new Error("no leases");
        await super.lease(...all);
      }
    }

    const REFUSED = { outcome: "refused", why: "no leases" };
    const deliver = { actions: [{ output: 9 }], text: "given" };

    it("stay proved once they have arrived", async () => {
      const to = new Refusing(1);
      const from = new FakeHost(() => [{ to, tunnelId: 7n }]);
      const results = await sendProbes([probe(from, to), probe(new FakeHost(), to)]);
      expect(results[0]).to.include({ outcome: "arrived", tunnelId: 7 });
      expect(results[1]).to.deep.equal(REFUSED);
    });

    it("are not proved by some of their ways or lengths", async () => {
      const to = new Refusing(1);
      const from = new FakeHost(({ frame, actions }) =>
        frame.length > 60 || JSON.stringify(actions).includes("4") ? [] : [{ to, tunnelId: 7n }],
      );
      const results = await sendProbes([
        probe(from, to, { ways: [way(3), way(4)] }),
        probe(from, to, { ways: [way(3, 1514)] }),
        probe(from, to, { ways: [] }),
      ]);
      expect(results).to.deep.equal([REFUSED, REFUSED, REFUSED]);
    });

    it("are delivered all the same, and not said to be if they are not", async () => {
      const [to, mute] = [new Refusing(1), new FakeHost()];
      mute.send = () => Promise.reject(new Error("no frames"));
      const from = new FakeHost(() => [{ to, tunnelId: 7n }]);
      const other = new FakeHost(() => [{ to: mute, tunnelId: 7n }]);
      const lost = probe(new FakeHost(), to);
      const results = await sendProbes([probe(from, to, { deliver }), probe(other, mute, { deliver }), lost]);
      expect(results[0]).to.include({ outcome: "arrived", delivered: "given" });
      expect(results[1]).to.deep.equal({ outcome: "refused", why: "no frames" });
    });
  });

  it("report why they could not be sent, and the others arrive", async () => {
    const [to, closed] = [new FakeHost(), new FakeHost()];
    closed.lease = () => Promise.reject(new Error("no leases"));
    const from = new FakeHost(() => [{ to, tunnelId: 7n }]);
    const mute = new FakeHost();
    mute.send = () => Promise.reject(new Error("no frames"));
    const results = await sendProbes([probe(from, closed), probe(mute, to), probe(from, to)]);
    expect(results.slice(0, 2)).to.deep.equal([
      { outcome: "refused", why: "no leases" },
      { outcome: "refused", why: "no frames" },
    ]);
    expect(results[2]).to.include({ outcome: "arrived" });
  });
});
