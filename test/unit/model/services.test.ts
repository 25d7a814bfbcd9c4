import { expect } from "chai";
import { matchText } from "../../../provider/model/matchText";
import { render } from "../../../provider/model/render";
import { type Claim, claim } from "../../../provider/schema/claim";
import { observed } from "./observed";

const base = { format: 1, token: "t", writer: "w", time: "2026-01-01T00:00:00.000Z" };
const ids = "org/ids/prod/TapService/ids";

function service(owner: string, tunnelId: number, port: string): Claim {
  return claim.parse({
    ...{ ...base, kind: "service", owner, integrationBridge: "br-int", attachment: "tap-bridge" },
    ...{ tunnelId, ports: [port], distribution: "copy" },
  });
}

/** A flow of another stack, from another host, into a service here. */
function flow(tunnelId: number): Claim {
  return claim.parse({
    ...{ ...base, kind: "flow", owner: "org/taps/prod/TapFlow/web", service: ids, tunnelId },
    ...{ destination: "machine-here", from: { name: "host2", address: "host2" } },
    peer: { machine: "there", name: "host2", remote: "192.0.2.12", local: "192.0.2.11" },
  });
}

/** What copies of each tunnel id are sent to, and whose claims cannot be. */
function delivered(...claims: Claim[]) {
  const facts = observed(
    { name: "br-tap", ports: [{ name: "mon" }, { name: "mon2" }] },
    { name: "br-int", ports: [] },
  );
  const { rules, problems } = render(new Map(claims.map((one) => [one.owner, one])), facts, "br-tap");
  const arrivals = rules.filter(({ table, match }) => table === 2 && match.length > 0);
  return {
    arrivals: Object.fromEntries(
      arrivals.map(({ match, actions }) => [
        matchText(match).find((field) => field.startsWith("tun_id")),
        actions.map((action) => (typeof action === "object" && "output" in action ? action.output : action)),
      ]),
    ),
    problems: problems.map(({ owner, code }) => `${owner}: ${code}`),
  };
}

describe("a service on an integration bridge that does not exist", () => {
  it("is a problem of its own, and nothing is to be created there", () => {
    const inline = claim.parse({ ...service(ids, 7, "mon"), attachment: "integration-bridge" });
    const home = { externalIds: { "taas-home": "1 - br-int" } };
    const facts = observed({ name: "br-tap", ports: [{ name: "mon", port: home }] });
    const desired = render(new Map([[ids, inline]]), facts, "br-tap");
    expect([desired.ports, desired.foreignRules, desired.monitors]).to.deep.equal([[], [], []]);
    expect(desired.problems.map(({ owner, code }) => [owner, code])).to.deep.include([ids, "bridge-missing"]);
  });
});

describe("a service whose tunnel id has changed", () => {
  it("gets copies under the former one too, while a flow uses it", () => {
    expect(delivered(service(ids, 9, "mon"), flow(7))).to.deep.equal({
      ...{ arrivals: { "tun_id=0x9": ["mon"], "tun_id=0x7": ["mon"] }, problems: [] },
    });
    expect(delivered(service(ids, 9, "mon"), flow(9)).arrivals).to.deep.equal({ "tun_id=0x9": ["mon"] });
  });

  it("gets copies of a flow that is moving to the current one", () => {
    const following = { ...flow(9), movingFrom: { tunnelId: 7, peer: (flow(7) as { peer: object }).peer } };
    const { arrivals } = delivered(service(ids, 9, "mon"), claim.parse(following));
    expect(arrivals).to.have.all.keys("tun_id=0x9", "tun_id=0x7");
  });

  it("keeps the former one from others until its flows have followed", () => {
    const other = service("org/other/prod/TapService/other", 7, "mon2");
    expect(delivered(service(ids, 9, "mon"), other, flow(7)).problems).to.include(
      `${other.owner}: tunnel-id-taken`,
    );
    expect(delivered(service(ids, 9, "mon"), other, flow(9)).problems).to.deep.equal([]);
  });

  it("refuses a flow that still uses the former one if that is another's by then", () => {
    const other = service("org/other/prod/TapService/other", 7, "mon2");
    expect(delivered(service(ids, 9, "mon"), other, flow(7)).problems).to.include(
      "org/taps/prod/TapFlow/web: tunnel-id-taken",
    );
  });

  it("does not take another's id for a former one", () => {
    const other = service("org/other/prod/TapService/other", 7, "mon2");
    const { arrivals } = delivered(service(ids, 9, "mon"), other, flow(7));
    expect(arrivals["tun_id=0x7"]).to.deep.equal(["mon2"]);
  });
});

describe("a service that was renamed before its tunnel id changed", () => {
  const renamed = (tunnelId: number) =>
    claim.parse({
      ...service("org/ids/prod/TapService/watch", tunnelId, "mon"),
      former: [{ owner: ids, tunnelId: 7 }],
    });

  it("gets copies of a flow that knows it by its former name", () => {
    const { arrivals, problems } = delivered(renamed(9), flow(7));
    expect(arrivals).to.deep.equal({ "tun_id=0x9": ["mon"], "tun_id=0x7": ["mon"] });
    expect(problems).to.deep.equal([]);
  });

  it("gets them although another service has that name by now", () => {
    const { arrivals } = delivered(renamed(9), service(ids, 8, "mon2"), flow(7));
    expect(arrivals["tun_id=0x7"]).to.deep.equal(["mon"]);
  });

  it("keeps its former tunnel id from such a service, too", () => {
    const { problems } = delivered(renamed(9), service(ids, 7, "mon2"), flow(7));
    expect(problems).to.include(`${ids}: tunnel-id-taken`);
  });
});
