import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Hold, type HoldChannel } from "../../../provider/capture/hold";
import { captureCookie } from "../../../provider/model/capture";
import type { Rule } from "../../../provider/model/desired";

const TOKEN = "abc";
const RULE: Rule<number> = {
  table: 2,
  priority: 100,
  cookie: captureCookie({ token: TOKEN }),
  inPort: 7,
  match: [],
  actions: [{ controller: 1, userdata: "" }],
  owners: [],
};

/** A bridge that answers at once, or when it is told to. */
class FakeBridge implements HoldChannel {
  readonly controllerId = 1;
  received = 0;
  /** Packets that the rules have counted. */
  packets = 0;
  isThere = true;
  /** Packets that it credits added rules with, which passed before. */
  credit = 0;
  readonly added: (readonly Rule<number>[])[] = [];
  readonly ended: Rule<number>[] = [];
  renewals = 0;
  isClosed = false;
  /** What answers to renewals wait for. */
  answering: Promise<void> = Promise.resolve();

  async lease(rules: readonly Rule<number>[]): Promise<void> {
    this.added.push(rules);
    this.isThere = true;
    this.packets += this.credit;
  }
  async renew(): Promise<void> {
    this.renewals += 1;
    await this.answering;
  }
  async held() {
    const { packets } = this;
    const rules = this.isThere ? 1 : 0;
    await this.answering;
    return { rules, packets };
  }
  async end(rules: readonly Rule<number>[]): Promise<void> {
    this.ended.push(...rules);
  }
  close(): void {
    this.isClosed = true;
  }
}

/** Milliseconds between two signs of life here. */
const RENEWAL = 100;
/** Milliseconds after which what a bridge has counted is what its rules have sent. */
const CREDITED = 150;
/** Milliseconds that answers are waited for at the end. */
const PATIENCE = { usual: 5000, interrupted: 100 };
const { signal: UNINTERRUPTED } = new AbortController();

describe("the rules of a capture", () => {
  const never = async () => expect.fail("nothing was missed");

  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await sleep(10);
  }

  async function held(credit = 0): Promise<{ bridge: FakeBridge; hold: Hold }> {
    const bridge = new FakeBridge();
    bridge.credit = credit;
    const hold = new Hold(bridge, { name: "host1", address: "host1" }, TOKEN, RENEWAL);
    await hold.take([RULE]);
    await sleep(CREDITED);
    return { bridge, hold };
  }

  it("are renewed in time while the answers wait behind frames", async () => {
    const { bridge, hold } = await held();
    const ending = new AbortController();
    bridge.answering = new Promise(() => {});
    const keeping = hold.keep(ending.signal, never);
    await sleep(10 * RENEWAL);
    ending.abort();
    await keeping;
    expect(bridge.renewals).to.be.above(2);
    expect(bridge.added).to.have.length(1);
  });

  it("are added anew, once, where they have ended, and it is told for how long", async () => {
    const { bridge, hold } = await held();
    const ending = new AbortController();
    const missed: number[] = [];
    bridge.isThere = false;
    bridge.answering = sleep(3 * RENEWAL);
    const keeping = hold.keep(ending.signal, async (seconds) => {
      missed.push(seconds);
    });
    await sleep(8 * RENEWAL);
    ending.abort();
    await keeping;
    expect(bridge.added).to.have.length(2);
    expect(missed).to.have.length(1);
    expect(missed[0]).to.be.within((2.5 * RENEWAL) / 1000, 5);
  });

  it("are not added anew where that is not to be", async () => {
    const { bridge, hold } = await held();
    bridge.isThere = false;
    const gone = new Error("the claim is gone");
    const keeping = hold.keep(new AbortController().signal, () => Promise.reject(gone));
    expect(await keeping.catch((error: unknown) => error)).to.equal(gone);
    expect(bridge.added).to.have.length(1);
  });

  it("are not added anew once the capture is over, though a sign of life from before was too late", async () => {
    const { bridge, hold } = await held();
    const ending = new AbortController();
    let proceed = () => {};
    const lapsed = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    bridge.isThere = false;
    let isAsked = false;
    const keeping = hold.keep(ending.signal, () => {
      isAsked = true;
      return lapsed;
    });
    await until(() => isAsked);
    ending.abort();
    await keeping;
    await hold.end(PATIENCE, UNINTERRUPTED);
    proceed();
    await sleep(RENEWAL);
    expect(bridge.added).to.have.length(1);
  });

  it("end with a count of what was sent and has not arrived", async () => {
    const { bridge, hold } = await held();
    [bridge.packets, bridge.received] = [100, 97];
    expect(await hold.end(PATIENCE, UNINTERRUPTED)).to.equal(3);
    expect(bridge.renewals).to.equal(1);
    expect(bridge.ended).to.deep.equal([RULE]);
    expect(bridge.isClosed).to.equal(true);
  });

  it("have not sent what they are credited with as they are added", async () => {
    const { bridge, hold } = await held(30);
    [bridge.packets, bridge.received] = [130, 97];
    expect(await hold.end(PATIENCE, UNINTERRUPTED)).to.equal(3);
  });

  it("have not sent it either where they are ended at once, or added anew", async () => {
    const bridge = new FakeBridge();
    const hold = new Hold(bridge, { name: "host1", address: "host1" }, TOKEN, RENEWAL);
    await hold.take([RULE]);
    await sleep(CREDITED);
    [bridge.packets, bridge.received, bridge.credit] = [100, 97, 30];
    await hold.take([RULE]);
    expect(await hold.end(PATIENCE, UNINTERRUPTED)).to.equal(3);
  });

  it("end with no such count where more has arrived than is counted yet", async () => {
    const { bridge, hold } = await held();
    [bridge.packets, bridge.received] = [40, 50];
    expect(await hold.end(PATIENCE, UNINTERRUPTED)).to.equal(0);
  });

  it("are counted and ended without waiting for answers, and before all that is under way has arrived", async () => {
    const { bridge, hold } = await held();
    bridge.packets = 100;
    bridge.answering = sleep(500).then(() => {
      bridge.received = 90;
    });
    const ending = hold.end(PATIENCE, UNINTERRUPTED);
    await sleep(300);
    expect(bridge.ended).to.deep.equal([RULE]);
    expect(await ending).to.equal(10);
  });

  it("count on where their counters have begun anew", async () => {
    const { bridge, hold } = await held();
    const ending = new AbortController();
    bridge.packets = 60;
    const keeping = hold.keep(ending.signal, async () => {});
    await until(() => bridge.renewals > 0);
    [bridge.packets, bridge.isThere] = [0, false];
    await until(() => bridge.isThere);
    ending.abort();
    await keeping;
    [bridge.packets, bridge.received] = [70, 120];
    expect(await hold.end(PATIENCE, UNINTERRUPTED)).to.equal(10);
  });

  it("are waited for no longer once the operator interrupts that", async () => {
    const { bridge, hold } = await held();
    bridge.answering = new Promise(() => {});
    const interrupting = new AbortController();
    const since = performance.now();
    const ending = hold.end({ usual: 60_000, interrupted: 100 }, interrupting.signal);
    interrupting.abort();
    expect(await ending).to.equal(0);
    expect(performance.now() - since).to.be.below(30_000);
  });

  it("are left to end by themselves where the bridge answers no more", async () => {
    const { bridge, hold } = await held();
    bridge.answering = new Promise(() => {});
    expect(await hold.end({ ...PATIENCE, usual: 100 }, UNINTERRUPTED)).to.equal(0);
    expect(bridge.isClosed).to.equal(true);
  });
});
