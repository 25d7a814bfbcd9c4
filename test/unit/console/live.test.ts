import { expect } from "chai";
import { applied, NOTHING_YET } from "../../../console/web/live";
import { change, hostRow, tapRow } from "../../browser/rows";
import { usualWorld } from "../../browser/usualWorld";

const { snapshot } = usualWorld();

describe("the console's live lists", () => {
  it("keep a row that an event does not name the same object, so that it is not drawn again", () => {
    const before = applied(NOTHING_YET, snapshot!);
    const [one, other] = [...before.taps.values()];
    const next = applied(before, { type: "taps", put: [{ ...one!, state: "drifted" }], drop: [] });
    expect(next.taps.get(one!.id)!.state).to.equal("drifted");
    expect(next.taps.get(other!.id)).to.equal(other);
  });

  it("accept rates of known rows only", () => {
    const before = applied(NOTHING_YET, snapshot!);
    const [id] = [...before.taps.keys()];
    const next = applied(before, { type: "rates", taps: { [id!]: 9, elsewhere: 1 }, services: {} });
    expect(next.taps.get(id!)!.copiesPerSecond).to.equal(9);
    expect([...next.taps.keys()]).to.deep.equal([...before.taps.keys()]);
  });

  it("drop what is gone, and replace everything by a new snapshot", () => {
    const before = applied(NOTHING_YET, snapshot!);
    const [id] = [...before.taps.keys()];
    expect(applied(before, { type: "taps", put: [], drop: [id!] }).taps.has(id!)).to.equal(false);
    const only = tapRow({ name: "only" });
    const next = applied(before, { ...snapshot!, taps: [only] });
    expect([...next.taps.values()]).to.deep.equal([only]);
  });

  it("put a new change first, and leave a known one in its place", () => {
    const before = applied(NOTHING_YET, snapshot!);
    const ids = before.changes.map(({ id }) => id);
    const known = applied(before, { type: "change", put: change({ id: ids[1]!, outcome: "succeeded" }) });
    expect(known.changes.map(({ id }) => id)).to.deep.equal(ids);
    expect(known.changes[1]!.outcome).to.equal("succeeded");
    const added = applied(before, { type: "change", put: change({ id: "new" }) });
    expect(added.changes.map(({ id }) => id)).to.deep.equal(["new", ...ids]);
  });

  it("are complete once every host has answered", () => {
    const before = applied(NOTHING_YET, { ...snapshot!, complete: false });
    expect(before.complete).to.equal(false);
    const next = applied(before, { type: "hosts", put: [hostRow({ name: "x" })], drop: [], complete: true });
    expect([next.complete, next.hosts.has("x")]).to.deep.equal([true, true]);
  });

  it("know after a snapshot only what it says: what was told before may have gone on unseen", () => {
    const first = applied(NOTHING_YET, snapshot!);
    const told = [
      { type: "preview", id: "p1", state: "running" },
      { type: "progress", change: "6", done: 1, total: 3 },
    ] as const;
    const before = told.reduce(applied, first);
    expect([before.previews.size, before.progress.size]).to.deep.equal([1, 1]);
    const next = applied(before, snapshot!);
    expect([next.previews.size, next.progress.size]).to.deep.equal([0, 0]);
    expect(next.snapshots).to.equal(before.snapshots + 1);
  });

  it("have the tap again that was gone, once its stages are told", () => {
    const gone = applied(NOTHING_YET, { type: "gone" });
    expect(gone.tap.gone).to.equal(true);
    expect(applied(gone, { type: "stages", stages: [] }).tap).to.include({ gone: false });
  });

  it("ignore an event of a newer server", () => {
    const before = applied(NOTHING_YET, snapshot!);
    expect(applied(before, { type: "of tomorrow" } as never)).to.equal(before);
  });
});
