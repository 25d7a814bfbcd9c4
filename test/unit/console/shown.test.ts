import { expect } from "chai";
import type { Event } from "../../../console/api/events";
import type { HostRow, ServiceRow, TapRow } from "../../../console/api/rows";
import { Shown } from "../../../console/server/roles/shown";
import { hostFor, OPERATOR, sees, type Viewer } from "../../../console/server/roles/viewer";
import { applied, NOTHING_YET } from "../../../console/web/live";

const TIM: Viewer = { user: "tim", role: "tenant", tenant: "blue", ports: [] };
const RITA: Viewer = { user: "rita", role: "tenant", tenant: "red", ports: [] };

const tap = (id: string, tenant: string, host = "host1") => ({ id, name: id, tenant, host }) as TapRow;
const service = (id: string, tenant: string) => ({ id, name: id, tenant, host: "host2" }) as ServiceRow;
const host = (name: string, taps: number) =>
  ({
    name,
    address: "192.0.2.1",
    state: "reachable",
    drift: [],
    foreignMirrors: [],
    taps,
  }) as unknown as HostRow;

interface Rows {
  taps: TapRow[];
  services: ServiceRow[];
  hosts: HostRow[];
}

/** A page that is open: what it shows after events that are told to it as the server tells them. */
class Page {
  private live = NOTHING_YET;
  private readonly shown: Shown;

  constructor(viewer: Viewer, rows: Rows) {
    const first = {
      ...{ type: "snapshot" as const, changes: [], complete: true },
      taps: rows.taps.filter((row) => sees(viewer, row)),
      services: rows.services.filter((row) => sees(viewer, row)),
      hosts: rows.hosts.map((row) => hostFor(viewer, row, rows)),
    };
    this.live = applied(this.live, first);
    this.shown = new Shown(viewer, first);
  }

  tell(event: Event, rows: Rows): Event[] {
    const events = this.shown.eventsFor(event, rows, { isOwn: () => false, isComplete: true });
    this.live = events.reduce(applied, this.live);
    return events;
  }

  get taps(): string[] {
    return [...this.live.taps.keys()];
  }

  get services(): string[] {
    return [...this.live.services.keys()];
  }

  get counts(): string[] {
    return [...this.live.hosts.values()].map(({ name, taps, services }) => `${name} ${taps} ${services}`);
  }
}

describe("a page of the console that is open", () => {
  const rows: Rows = {
    taps: [tap("a", "blue"), tap("b", "red")],
    services: [service("s", "blue")],
    hosts: [host("host1", 2), host("host2", 0)],
  };

  it("loses what becomes another tenant's, and that one's page gets it", () => {
    const [tim, rita, ada] = [new Page(TIM, rows), new Page(RITA, rows), new Page(OPERATOR, rows)];
    const now = { ...rows, taps: [tap("a", "red"), tap("b", "red")], services: [service("s", "red")] };
    const events: Event[] = [
      { type: "taps", put: [tap("a", "red")], drop: [] },
      { type: "services", put: [service("s", "red")], drop: [] },
    ];
    for (const event of events) for (const page of [tim, rita, ada]) page.tell(event, now);
    expect([tim.taps, tim.services]).to.deep.equal([[], []]);
    expect([rita.taps, rita.services]).to.deep.equal([["b", "a"], ["s"]]);
    expect([ada.taps, ada.services]).to.deep.equal([["a", "b"], ["s"]]);
    expect(tim.counts).to.deep.equal(["host1 0 0", "host2 0 0"]);
    expect(rita.counts).to.deep.equal(["host1 2 0", "host2 0 1"]);
    const back: Event = { type: "taps", put: [tap("a", "blue")], drop: [] };
    for (const page of [tim, rita]) page.tell(back, rows);
    expect([tim.taps, rita.taps]).to.deep.equal([["a"], ["b"]]);
  });

  it("of a tenant is told nothing of what others lose, get and count", () => {
    const tim = new Page(TIM, rows);
    const now = { ...rows, taps: [tap("a", "blue"), tap("c", "red")] };
    expect(tim.tell({ type: "taps", put: [tap("c", "red")], drop: ["b"] }, now)).to.deep.equal([]);
    const rates: Event = { type: "rates", taps: { a: 1, c: 2 }, services: { s: 3, t: 4 } };
    expect(tim.tell(rates, now)).to.deep.equal([{ type: "rates", taps: { a: 1 }, services: { s: 3 } }]);
    expect(tim.tell({ type: "taps", put: [], drop: ["a", "c"] }, rows)).to.deep.include({
      ...{ type: "taps", put: [], drop: ["a"] },
    });
  });
});
