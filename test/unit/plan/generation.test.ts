import { expect } from "chai";
import { render } from "../../../provider/model/render";
import { generationOfClaims } from "../../../provider/plan/generation";
import type { Claim } from "../../../provider/schema/claim";
import { observed } from "../model/observed";

const written = { format: 1, token: "t", writer: "w", time: "2026" };
const service = {
  ...{ ...written, kind: "service", owner: "o/p/s/TapService/ids", integrationBridge: "br-int" },
  ...{ tunnelId: 7, ports: ["tap-ids"], distribution: "copy", attachment: "tap-bridge" },
} as Claim;

/** The far end of a flow whose copies come from another machine, by its underlay address. */
const arriving = (name: string, remote: string) =>
  ({
    ...{ ...written, kind: "flow", owner: `o/p/s/TapFlow/${name}`, service: service.owner, tunnelId: 7 },
    ...{ destination: "machine-here", peer: { machine: "there", name: "host2", local: "192.0.2.1", remote } },
  }) as Claim;

const byOwner = (claims: readonly Claim[]) => new Map(claims.map((claim) => [claim.owner, claim]));

/** The generation, from 4, of a host that has all ports that both sets of claims ask for. */
function generation(from: readonly Claim[], to: readonly Claim[], otherConfig: Record<string, string> = {}) {
  const monitor = { name: "tap-ids" };
  const row = { otherConfig: { "taas-generation": "4", "taas-writes": "9", ...otherConfig } };
  const bare = observed({ name: "br-tap", ports: [monitor], row });
  const { ports } = render(byOwner([...from, ...to]), bare, "br-tap");
  const facts = observed({ name: "br-tap", ports: [monitor, ...ports.map(({ name }) => ({ name }))], row });
  const read = { claims: byOwner(from), generation: 4, bridge: facts.bridges[0] };
  const [before, desired] = [from, to].map((claims) => render(byOwner(claims), facts, "br-tap"));
  return generationOfClaims({ read, before: before!, desired: desired! });
}

describe("the generation of a host's rules, if only claims are written,", () => {
  const web = arriving("web", "192.0.2.2");

  it("stays while one more flow arrives through a tunnel, or is deleted", () => {
    for (const name of ["app", "xyz"]) {
      const more = [service, web, arriving(name, "192.0.2.2")];
      expect(generation([service, web], more), name).to.equal(4);
      expect(generation(more, [service, web]), name).to.equal(4);
    }
  });

  it("is raised if a rule is added or deleted", () => {
    const more = [service, web, arriving("app", "192.0.2.3")];
    expect(generation([service, web], more)).to.equal(5);
    expect(generation(more, [service, web])).to.equal(5);
    expect(generation([service], [])).to.equal(5);
  });

  it("is raised if something of ours is, or has been, elsewhere", () => {
    for (const key of ["taas-keeper", "taas-meters", "taas-foreign-bridges"]) {
      const more = [service, web, arriving("app", "192.0.2.2")];
      expect(generation([service, web], more, { [key]: "1" }), key).to.equal(5);
    }
  });
});
