import { expect } from "chai";
import type { TapRow } from "../../../console/api/rows";
import type { Ends } from "../../../console/server/live/ends";
import { watchedOf } from "../../../console/server/watch/watched";

const OWNER = "acme/taps/prod/TapFlow/web";

/** Why a tap that has drifted is not watched. `fields`: of its claim. */
function refusalOf(fields: { source?: object; until?: string }): string {
  const row = { id: "1", owner: OWNER, state: "drifted", host: "host1" } as TapRow;
  const source = { port: "tap-web", enabled: true, ...fields.source };
  const claim = { kind: "flow", owner: OWNER, ...fields, source };
  const ends = { flows: new Map([[OWNER, { source: { claim, view: {} } }]]) } as unknown as Ends;
  try {
    watchedOf(row, ends);
    return "none";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a tap that is watched", () => {
  it("copies something by its claim, even if something else differs on its host", () => {
    expect(refusalOf({ source: { enabled: false } })).to.equal("nothing is copied: the tap is disabled");
    expect(refusalOf({ until: "2020-01-01T00:00:00Z" })).to.equal("nothing is copied: the tap is ended");
  });
});
