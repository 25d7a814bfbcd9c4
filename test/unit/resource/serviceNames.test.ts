import { expect } from "chai";
import type { Context } from "../../../provider/resource/context";
import { tapFlow } from "../../../provider/resource/flow";
import type { Properties, Resource } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import { memoryHosts } from "./memoryHosts";

const TEAM = "org/security/prod/TapService";
const OTHERS = "org/taps/prod/TapFlow";

/** A resource as a state has it. */
interface Kept {
  resource: Resource;
  outs: Properties;
}

describe("the names of a service of another stack", () => {
  let context: Context;

  beforeEach(() => {
    context = memoryHosts(["mon", "mon2", "web"].map((name) => ({ name })));
  });

  function checked(resource: Resource, args: Properties, olds: Properties = {}): Properties {
    const { inputs, failures } = resource.check(context, olds, args);
    expect(failures).to.deep.equal([]);
    return inputs;
  }

  async function created(resource: Resource, args: Properties): Promise<Kept> {
    return { resource, outs: (await resource.create(context, checked(resource, args))).outs };
  }

  /** Brings a resource up to date with other arguments. */
  async function update(kept: Kept, args: Properties): Promise<void> {
    const { resource, outs } = kept;
    kept.outs = (await resource.update(context, outs, checked(resource, args, outs))).outs;
  }

  const service = (name: string, more: Properties = {}) => ({
    ...{ owner: `${TEAM}/${name}`, host: "rack2", port: "mon" },
    ...more,
  });
  const flow = (ref: unknown) => ({ owner: `${OTHERS}/web`, host: "rack1", port: "web", service: ref });

  /** The names from before that the service's claim has. */
  async function former(name: string): Promise<string[]> {
    const look = await context.open(context.resolveHost("rack2")).look();
    const claim = look.read.claims.get(`${TEAM}/${name}`);
    const names = claim?.kind === "service" ? (claim.former ?? []) : [];
    return names.map(({ owner, tunnelId }) => `${owner.split("/").at(-1)} ${tunnelId}`);
  }

  it("stay known, however often they change, until the flows into it have followed", async () => {
    const ids = await created(tapService, service("ids", { tunnelId: 7 }));
    const web = await created(tapFlow, flow(ids.outs.ref));
    await update(ids, service("watch"));
    expect(await former("watch")).to.deep.equal(["ids 7"]);
    await update(ids, service("watch", { tunnelId: 9 }));
    await update(ids, service("guard", { tunnelId: 10 }));
    expect(await former("guard")).to.deep.equal(["ids 7"]);
    await update(web, flow(ids.outs.ref));
    expect(await former("guard")).to.deep.equal([]);
  });

  it("stay known through a rename and another tunnel id at once", async () => {
    const ids = await created(tapService, service("ids", { tunnelId: 7 }));
    await created(tapFlow, flow(ids.outs.ref));
    await update(ids, service("watch", { tunnelId: 9 }));
    expect(await former("watch")).to.deep.equal(["ids 7"]);
  });

  it("is found among its candidates by a flow that comes with a reference from before the rename", async () => {
    context = memoryHosts(({ name }) => [{ name: name === "rack3" ? "mon" : "other" }, { name: "web" }]);
    const hosts = { host: undefined, hosts: ["rack2", "rack3"] };
    const ids = await created(tapService, service("ids", { ...hosts, tunnelId: 7 }));
    const { ref } = ids.outs;
    await update(ids, service("watch", hosts));
    const web = await created(tapFlow, flow(ref));
    const { outs } = web;
    expect((await tapFlow.read(context, "id", outs)).props!.status).to.equal("active");
    const at = async (host: string) =>
      [...(await context.open(context.resolveHost(host)).look()).read.claims.keys()].sort();
    expect(await at("rack2")).to.deep.equal([]);
    expect(await at("rack3")).to.deep.equal([`${TEAM}/watch`, `${OTHERS}/web`].sort());
  });

  it("is noted of a flow that comes with a reference from before the rename", async () => {
    const ids = await created(tapService, service("ids", { tunnelId: 7 }));
    const { ref } = ids.outs;
    await update(ids, service("watch"));
    expect(await former("watch")).to.deep.equal([]);
    await created(tapFlow, flow(ref));
    expect(await former("watch")).to.deep.equal(["ids 7"]);
  });

  it("keep a service from being deleted under its flows", async () => {
    const ids = await created(tapService, service("ids", { tunnelId: 7 }));
    await created(tapFlow, flow(ids.outs.ref));
    await update(ids, service("watch", { tunnelId: 9 }));
    const error = await tapService.delete(context, ids.outs).catch((reason: unknown) => reason);
    expect(error).to.have.property("code", "service-in-use");
  });

  it("are no other service's until then, and may be afterwards", async () => {
    const ids = await created(tapService, service("ids", { tunnelId: 7 }));
    const web = await created(tapFlow, flow(ids.outs.ref));
    await update(ids, service("watch", { tunnelId: 9 }));
    const next = service("ids", { tunnelId: 7, port: "mon2" });
    const error = await created(tapService, next).catch((reason: unknown) => reason);
    expect(error).to.have.property("code", "tunnel-id-taken");
    await update(web, flow(ids.outs.ref));
    await created(tapService, next);
  });

  it("are those of one collector while its flows follow a rename one by one, and of two otherwise", async () => {
    const outside = (name: string, more: Properties = {}) => ({
      ...{ owner: `${TEAM}/${name}`, collector: { address: "192.0.2.9", type: "erspan" } },
      ...more,
    });
    const into = (name: string, { outs }: Kept) => ({
      ...{ ...flow(outs.ref), owner: `${OTHERS}/${name}` },
    });
    const recorder = await created(tapService, outside("recorder", { tunnelId: 7 }));
    const web = await created(tapFlow, into("web", recorder));
    await created(tapFlow, into("app", recorder));
    await update(recorder, outside("archive"));
    await update(web, into("web", recorder));
    const other = await created(tapService, outside("other", { tunnelId: 7 + 1023 }));
    const error = await created(tapFlow, into("db", other)).catch((reason: unknown) => reason);
    expect(error).to.have.property("code", "collector-key-taken");
  });

  const renames: [what: string, owner: (owner: string) => string, more: Properties][] = [
    ["and given another tunnel id at once", (owner) => owner.replace("recorder", "archive"), { tunnelId: 9 }],
    ["with its stack and all flows of that", (owner) => owner.replace("/prod/", "/production/"), {}],
  ];
  for (const [what, renamed, more] of renames) {
    it(`keep no flow from following a collector that is renamed ${what}`, async () => {
      const collector = { address: "192.0.2.9", type: "gre", key: 77 };
      const wish = { owner: "org/taps/prod/TapService/recorder", tunnelId: 7, collector };
      const recorder = await created(tapService, wish);
      const names = ["web", "app"].map((name) => `${OTHERS}/${name}`);
      const flows: Kept[] = [];
      for (const owner of names) flows.push(await created(tapFlow, { ...flow(recorder.outs.ref), owner }));
      await update(recorder, { ...wish, owner: renamed(wish.owner), ...more });
      for (const [index, owner] of names.entries())
        await update(flows[index]!, { ...flow(recorder.outs.ref), owner: renamed(owner) });
      const { read } = await context.open(context.resolveHost("rack1")).look();
      const known = [...read.claims.values()].map((claim) => claim.kind === "flow" && claim.service);
      expect(known).to.deep.equal([renamed(wish.owner), renamed(wish.owner)]);
    });
  }

  it("are not determined by a tunnel id that services with different collectors have in common", async () => {
    const outside = (name: string, address: string, type: string) => ({
      ...{ owner: `${TEAM}/${name}`, tunnelId: 7, collector: { address, type, udpPort: 4789 } },
    });
    const ids = await created(tapService, outside("ids", "192.0.2.9", "vxlan"));
    const recorder = await created(tapService, outside("recorder", "192.0.2.10", "geneve"));
    await created(tapFlow, flow(ids.outs.ref));
    const other = { ...flow(recorder.outs.ref), owner: `${OTHERS}/app` };
    const error = await created(tapFlow, other).catch((reason: unknown) => reason);
    expect(error).to.have.property("code", "tunnel-clash");
  });

  it("are no alteration of its claim", async () => {
    const ids = await created(tapService, service("ids", { tunnelId: 7 }));
    await created(tapFlow, flow(ids.outs.ref));
    await update(ids, service("watch", { tunnelId: 9 }));
    const read = await tapService.read(context, `${TEAM}/watch`, ids.outs);
    expect(read).to.have.nested.property("props.status", "active");
  });
});
