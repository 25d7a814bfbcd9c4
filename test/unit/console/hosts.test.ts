import { createHash } from "node:crypto";
import { expect } from "chai";
import { hostRow } from "../../../console/server/live/hosts";
import type { HostAccess } from "../../../provider/converge/access";
import { compareKeeper } from "../../../provider/converge/inspect";
import type { Look } from "../../../provider/converge/look";
import { KEEPER_SCRIPT } from "../../../provider/keeper/script";
import { KEEPER_UNIT } from "../../../provider/keeper/unit";
import type { Desired } from "../../../provider/model/desired";
import { observed } from "../model/observed";

const record = { name: "host1", address: "host1" };
const sum = (text: string) => createHash("sha256").update(text).digest("hex");
const SOUND = [`script ${sum(KEEPER_SCRIPT)}`, `unit ${sum(KEEPER_UNIT)}`, "service runs", "state whole"];

/** The row of a host that should have a keeper, and that reports its parts so. */
async function rowFor(report: readonly string[]) {
  const facts = observed({ name: "br-tap", ports: [] });
  const claims = new Map([["o", { kind: "service", owner: "o", keeper: true }]]);
  const look = {
    record,
    facts,
    read: { claims, generation: 4, bridge: facts.bridges[0] },
  } as unknown as Look;
  const run = async () => ({ exitCode: 0, stdout: `${report.join("\n")}\n`, stderr: "" });
  const access = { record, run } as unknown as HostAccess;
  const differences = await compareKeeper(access, look, { keeper: "wanted" } as Desired);
  return hostRow({ record, inspection: { ...look, differences } });
}

describe("the console's row of a host", () => {
  it("says that the keeper is running if all of it is as it should be", async () => {
    expect(await rowFor(SOUND)).to.include({ keeper: "running" });
  });

  for (const fault of [
    "script missing",
    `script ${sum("another")}`,
    "unit missing",
    `unit ${sum("another")}`,
    "service stands",
    "state missing",
    "state altered",
  ]) {
    it(`says that the keeper is stale, and why: ${fault.replace(/[0-9a-f]{64}/, "altered")}`, async () => {
      const [part] = fault.split(" ");
      const row = await rowFor(SOUND.map((line) => (line.startsWith(part!) ? fault : line)));
      expect(row.keeper).to.equal("stale");
      expect(row.drift).to.have.length(1);
      expect(row.drift[0]).to.match(new RegExp(`^the keeper's ${part} is `));
    });
  }
});
