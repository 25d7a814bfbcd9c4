import { expect } from "chai";
import type { End } from "../../../console/server/live/ends";
import { endsOf } from "../../../console/server/live/ends";
import { newTapFacts, portsThatMatch } from "../../../console/server/live/facts";
import type { Context } from "../../../provider/resource/context";
import { observed } from "../model/observed";

/** A host with VM ports, of which some are in a network. */
function hostOf(...names: string[]): End["view"] {
  const ports = names.map((name) => ({ name, nic: { externalIds: { "iface-id": `id-of-${name}` } } }));
  const facts = observed({ name: "br-int", ports });
  for (const port of Object.values(facts.ports))
    if (port.name.startsWith("tap-n")) port.otherConfig = { net_uuid: "n1" };
  const inspection = { facts, read: { claims: new Map() }, differences: [] };
  return {
    record: { name: "host1", address: "192.0.2.11" },
    inspection,
    at: "2026-11-29T10:00:00Z",
  } as unknown as End["view"];
}

describe("what the console says before ports are tapped", () => {
  const view = hostOf("tap-n2", "tap-n1", "tap-web", "eth0");
  const names = (selector: object) =>
    portsThatMatch(view, selector)
      .map(({ port }) => port.name)
      .sort();

  it("is of the ports that a selector matches now, as a TapFlow's would", () => {
    expect(names({ name: "tap-*" })).to.deep.equal(["tap-n1", "tap-n2", "tap-web"]);
    expect(names({ network: "n1" })).to.deep.equal(["tap-n1", "tap-n2"]);
    expect(
      names({ name: "tap-*", except: ["tap-n1", { externalIds: { "iface-id": "id-of-tap-web" } }] }),
    ).to.deep.equal(["tap-n2"]);
    expect(names({ name: "none" })).to.deep.equal([]);
  });

  it("names these ports, and says what room for Mirrors there is, also where none matches", async () => {
    const facts = (selector: object) =>
      newTapFacts({} as Context, {
        ...{ view, ports: portsThatMatch(view, selector) },
        ...{ service: undefined, ends: endsOf([view], []) },
      });
    expect(await facts({ network: "n1" })).to.deep.equal({
      ...{ ports: ["tap-n1", "tap-n2"], mirrorsLeft: 32, conflicts: [] },
    });
    expect(await facts({ name: "none" })).to.deep.include({ ports: [], mirrorsLeft: 32 });
  });
});
