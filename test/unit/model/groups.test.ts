import { expect } from "chai";
import type { Desired } from "../../../provider/model/desired";
import { groupFlows } from "../../../provider/model/groups";
import { claimOf, type FlowClaim } from "../../../provider/schema/claim";
import type { captureOptions, treatmentOptions } from "../../../provider/schema/flow";
import { observed } from "./observed";

const facts = observed({ name: "br-int", ports: [{ name: "web" }, { name: "db" }] });

function flow(name: string, source: object): FlowClaim {
  return claimOf.flow.parse({
    ...{ format: 1, kind: "flow", owner: `o/p/s/TapFlow/${name}`, token: name, writer: "w", time: "t" },
    ...{ service: "o/p/s/TapService/ids", tunnelId: 7, destination: "machine-here" },
    source: { port: name, integrationBridge: "br-int", ...source },
  });
}

/** How many groups a plain flow and one with options of its own are. */
function groupsWith(options: object): number {
  const desired = { problems: [] } as unknown as Desired;
  return groupFlows([flow("web", {}), flow("db", options)], facts, "br-tap", desired).length;
}

/** Another value than the default of each option. */
const treatment: Record<keyof typeof treatmentOptions, object> = {
  filter: { filter: [{ action: "accept", protocol: "tcp" }] },
  defaultAction: { defaultAction: "reject" },
  snapLength: { snapLength: 128 },
  rateLimit: { rateLimit: { kbps: 1000 } },
  counters: { counters: "own" },
};
const capture: Record<Exclude<keyof typeof captureOptions, "enabled">, object> = {
  direction: { direction: "ingress" },
};

describe("flows of one service", () => {
  it("are one capture group while their copies are treated alike", () => {
    expect(groupsWith({})).to.equal(1);
    for (const [option, options] of Object.entries(capture)) expect(groupsWith(options), option).to.equal(1);
  });

  for (const [option, options] of Object.entries(treatment)) {
    it(`are two where they differ in ${option}`, () => expect(groupsWith(options)).to.equal(2));
  }
});
