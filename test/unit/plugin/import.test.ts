import { expect } from "chai";
import { flowArguments, serviceArguments } from "../../../plugin/import/arguments";
import { findClaim } from "../../../plugin/import/find";
import type { Look } from "../../../provider/converge/look";
import { type Context, namesOf } from "../../../provider/resource/context";
import { tapService } from "../../../provider/resource/service";
import { type Claim, claim, type FlowClaim, type ServiceClaim } from "../../../provider/schema/claim";
import { observed } from "../model/observed";
import { errorOf } from "./errorOf";

const base = { format: 1, token: "t", writer: "w", time: "2026-01-01T00:00:00.000Z" };

function service(owner: string, fields: object): Claim {
  const options = { attachment: "tap-bridge", distribution: "copy", integrationBridge: "br-int" };
  return claim.parse({ ...base, kind: "service", owner, tunnelId: 7, ports: ["mon"], ...options, ...fields });
}

/** A host with claims, and a context that finds it by every name. */
function seenWith(...claims: Claim[]): { seen: Look; context: Context } {
  const record = { name: "monitor", address: "192.0.2.1" };
  const facts = observed({ name: "br-tap", ports: [{ name: "mon" }] });
  const read = { claims: new Map(claims.map((one) => [one.owner, one])) };
  const seen = { record, facts, read } as unknown as Look;
  const host = { look: async () => seen };
  return { seen, context: { resolveHost: () => record, open: () => host } as unknown as Context };
}

describe("an import by the plugin", () => {
  it("finds a service by its port, and refuses the port of several, because it would take over any of them", async () => {
    const [first, second] = [
      service("o/p/s/TapService/a", {}),
      service("o/p/s/TapService/b", { tunnelId: 8 }),
    ];
    expect((await findClaim(seenWith(first).context, "TapService", "monitor:mon")).claim).to.equal(first);
    const { context } = seenWith(first, second);
    expect(await errorOf(findClaim(context, "TapService", "monitor:mon"))).to.match(
      /^mon on monitor is the port of o\/p\/s\/TapService\/a, o\/p\/s\/TapService\/b: name the owner/,
    );
    expect((await findClaim(context, "TapService", "monitor:o/p/s/TapService/b")).claim).to.equal(second);
  });

  it("finds nothing by an id without a port, although a service has a port that is not plugged", async () => {
    const { context } = seenWith(service("o/p/s/TapService/a", { ports: ["gone"] }));
    for (const id of ["monitor:", ":mon", "mon"])
      expect(await errorOf(findClaim(context, "TapService", id)), id).to.match(
        /must name a host and a claim or port on it/,
      );
  });

  it("has the selector of a flow, and no port", async () => {
    const ids = service("o/p/s/TapService/ids", {});
    const selector = { network: "n", except: [{ mac: "fa:16:3e:00:00:01" }, { vlan: 7 }] };
    const source = { ports: selector, integrationBridge: "br-int" };
    const flow = claim.parse({
      ...{ ...base, kind: "flow", owner: "o/q/s/TapFlow/all", service: ids.owner, tunnelId: 7 },
      ...{ destination: "here", source },
    }) as FlowClaim;
    const { seen, context } = seenWith(ids, flow);
    const check = (_: string, args: object) => ({ ref: args });
    const args = await flowArguments({ seen, claim: flow }, { context, check });
    expect(args.ports).to.deep.equal(selector);
    expect(args).not.to.have.property("port");
  });

  it("has a list of one monitor where copies are shared, and a port where they are not", () => {
    const argumentsOf = (fields: object) => {
      const ids = service("o/p/s/TapService/ids", fields) as ServiceClaim;
      const given = serviceArguments({ seen: seenWith(ids).seen, claim: ids });
      const { failures } = tapService.check(namesOf({}), {}, JSON.parse(JSON.stringify(given)));
      expect(failures).to.deep.equal([]);
      return { port: given.port, ports: given.ports };
    };
    expect(argumentsOf({})).to.deep.equal({ port: "mon", ports: undefined });
    for (const distribution of ["hash", "failover"])
      expect(argumentsOf({ distribution })).to.deep.equal({ port: undefined, ports: ["mon"] });
  });

  it("identifies the service of a flow by its former tunnel id", async () => {
    const former = [{ owner: "o/p/s/TapService/ids", tunnelId: 7 }];
    const ids = service("o/p/s/TapService/ids", { tunnelId: 9, former });
    const flow = claim.parse({
      ...{
        ...base,
        kind: "flow",
        owner: "o/q/s/TapFlow/web",
        service: ids.owner,
        tunnelId: 7,
        destination: "here",
      },
      source: {
        port: "web",
        integrationBridge: "br-int",
        direction: "both",
        enabled: true,
        counters: "shared",
      },
    }) as FlowClaim;
    const { seen, context } = seenWith(ids, flow);
    const check = (_: string, args: object) => ({ ref: args });
    const { service: ref } = await flowArguments({ seen, claim: flow }, { context, check });
    expect(ref).to.include({ owner: ids.owner, tunnelId: 9 });
  });
});
