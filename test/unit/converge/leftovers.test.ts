import { expect } from "chai";
import { cleanUp, cleanUpAt, deleteEverywhere, otherEnds } from "../../../provider/converge/leftovers";
import { TaasError } from "../../../provider/errors";
import type { Claim } from "../../../provider/schema/claim";
import { base, claimed, end, flow, Hosts, left, OWNER, source, tunnel } from "./leftoverHosts";

describe("what a host says of a capture", () => {
  it("leads to no other host, unlike what it says about other resources", () => {
    const service = claimed({ kind: "service", tunnelId: 7, ports: ["ids"], integrationBridge: "br-int" });
    expect(otherEnds(service)).to.deep.equal([end(2)]);
    expect(otherEnds(claimed({ kind: "capture", source }))).to.deep.equal([]);
  });

  it("has a claim deleted on that host only, whatever its key and token", async () => {
    const hosts = new Hosts({ 1: [{ kind: "capture", source }], 2: [{ ...tunnel, ...left }] });
    await cleanUp(hosts.reach, [hosts.found(1)]);
    expect(hosts.now).to.deep.equal({ host1: "", host2: "t pending" });
  });
});

describe("a host's claim that a killed run left", () => {
  const both = { elsewhere: [end(2), end(3)] };

  it("is deleted at the other ends that have a leftover too", async () => {
    const hosts = new Hosts({
      1: [{ ...tunnel, ...left, ...both }],
      2: [{ ...tunnel, ...left }],
      3: [],
    });
    expect(await cleanUp(hosts.reach, [hosts.found(1)])).to.equal(true);
    expect(hosts.now).to.deep.equal({ host1: "", host2: "", host3: "" });
    expect(hosts.warnings).to.deep.equal([]);
  });

  it("stays where its own operation has confirmed it since", async () => {
    const hosts = new Hosts({ 1: [{ ...tunnel }] });
    const seen = hosts.look("host1");
    const claim = { ...hosts.found(1).claim, ...left } as Claim;
    await cleanUp(hosts.reach, [{ seen, claim }]);
    expect(hosts.now).to.deep.equal({ host1: "t confirmed" });
  });

  for (const [what, more] of [
    ["a confirmed one", {}],
    ["a confirmed one under another key", { owner: "o/p/s/MirrorTunnel/renamed" }],
  ] as const) {
    it(`deletes no claim at another end except a leftover: ${what} shows that it is complete, and loses no end`, async () => {
      const hosts = new Hosts({
        1: [{ ...tunnel, ...left, ...both }],
        2: [{ ...tunnel, ...more }],
        3: [{ ...tunnel, ...left }],
      });
      const there = hosts.now;
      expect(await cleanUp(hosts.reach, [hosts.found(1)])).to.equal(true);
      expect(hosts.now).to.deep.equal({ ...there, host1: "t confirmed" });
      expect(hosts.warnings.join()).to.match(/^host host1: .* stays, because it is confirmed at another end/);
    });
  }

  it("is deleted, and no claim of another stack, whatever token that has", async () => {
    const hosts = new Hosts({
      1: [{ ...tunnel, ...left }],
      2: [{ ...tunnel, ...left, owner: "o/p/other/MirrorTunnel/mesh" }],
    });
    await cleanUp(hosts.reach, [hosts.found(1)]);
    expect(hosts.now).to.deep.equal({ host1: "", host2: "t pending" });
  });

  it("deletes no claim of another incarnation, nor what such a claim has replaced", async () => {
    const replaces = JSON.stringify({ ...base, ...tunnel });
    const other = { ...tunnel, token: "theirs", ...left, replaces };
    const hosts = new Hosts({ 1: [{ ...tunnel, ...left }], 2: [other] });
    const [claim] = [hosts.found(2).claim];
    await cleanUp(hosts.reach, [hosts.found(1)]);
    expect(hosts.now).to.deep.equal({ host1: "", host2: "theirs pending" });
    expect(hosts.found(2).claim).to.deep.equal(claim);
  });

  it("stays everywhere while one end is unreachable", async () => {
    const hosts = new Hosts({ 1: [{ ...tunnel, ...left, ...both }], 2: [{ ...tunnel, ...left }] });
    expect(await cleanUp(hosts.reach, [hosts.found(1)])).to.equal(false);
    expect(hosts.now).to.deep.equal({ host1: "t pending", host2: "t pending" });
    expect(hosts.warnings.join()).to.match(/left of o\/p\/s\/MirrorTunnel\/mesh stays for now: .*no route/);
  });

  it("stays, with a warning, where its own host refuses the deletion, and fails no operation", async () => {
    const hosts = new Hosts({ 1: [{ ...tunnel, ...left }], 2: [{ ...tunnel, ...left }] });
    const missing = "monitor port mon came from bridge br-x, which does not exist any more";
    hosts.refusals.host1 = new TaasError(missing, { code: "home-bridge-missing", host: "host1" });
    expect(await cleanUp(hosts.reach, [hosts.found(1)])).to.equal(false);
    expect(hosts.now).to.deep.equal({ host1: "t pending", host2: "" });
    expect(hosts.warnings).to.deep.equal([
      `what a killed run left of ${OWNER} stays for now: host host1: ${missing}`,
    ]);
  });

  it("stays at an end that the resource no longer has if it is confirmed there, with a warning", async () => {
    const hosts = new Hosts({
      1: [{ ...tunnel, ...left, ...both }],
      2: [tunnel],
      3: [{ ...tunnel, ...left }],
    });
    await cleanUpAt(hosts.reach, hosts.found(1).claim, both.elsewhere as never);
    expect(hosts.now).to.deep.equal({ host1: "t pending", host2: "t confirmed", host3: "" });
    expect(hosts.warnings).to.have.length(1);
    expect(hosts.warnings[0]).to.match(
      /^host host2: .*mesh by a killed run stays, because it is confirmed there/,
    );
  });
});

describe("many claims that a killed run left", () => {
  const many = (count: number, other: (index: number) => number) =>
    Array.from({ length: count }, (_, index) => ({
      ...{
        ...tunnel,
        ...left,
        owner: `${OWNER}${index}`,
        token: `t${index}`,
        elsewhere: [end(other(index))],
      },
    }));

  it("cost one attempt to reach a host that is down, in all operations of a run, and one warning each", async () => {
    const hosts = new Hosts({
      1: [...many(50, () => 9), { ...tunnel, ...left }],
      2: [{ ...tunnel, ...left }],
    });
    const { reach } = hosts;
    expect(await cleanUp(reach, hosts.allFound(1)), "the one whose other end answers").to.equal(true);
    expect(hosts.asked).to.deep.equal(["host9", "host2"]);
    expect(hosts.now.host2).to.equal("");
    expect(await cleanUp(reach, hosts.allFound(1))).to.equal(false);
    expect(hosts.asked).to.deep.equal(["host9", "host2"]);
    expect(hosts.warnings).to.have.length(2);
    for (const warning of hosts.warnings)
      expect(warning).to.match(/left of \S*mesh0 and 49 more resources stays for now: .*no route/);
  });

  it("stay if they lead to one host after another that is down", async () => {
    const hosts = new Hosts({ 1: many(50, (index) => index + 2) });
    expect(await cleanUp(hosts.reach, hosts.allFound(1))).to.equal(false);
    expect(hosts.asked).to.deep.equal(["host2", "host3", "host4"]);
    expect(hosts.warnings).to.have.length(4);
    expect(hosts.warnings.at(-1)).to.match(
      /mesh3 and 46 more resources stays for now: .* no more hosts were asked/,
    );
  });

  it("are deleted all the same where they have no other end", async () => {
    const alone = { ...tunnel, ...left, owner: "o/p/s/TapService/ids", elsewhere: [] };
    const hosts = new Hosts({ 1: [...many(5, (index) => index + 2), alone] });
    expect(await cleanUp(hosts.reach, hosts.allFound(1))).to.equal(true);
    expect(hosts.allFound(1).map(({ claim }) => claim.owner)).not.to.include(alone.owner);
  });

  it("do not delay the end of an operation", async () => {
    const hosts = new Hosts({ 1: many(2, () => 9) });
    const stop = new AbortController();
    const reason = new TaasError("the operation was cancelled", { code: "cancelled" });
    const silent = {
      look: () => {
        stop.abort(reason);
        return new Promise(() => {});
      },
    };
    const reach = Object.assign(hosts.reach, { open: () => silent, ending: stop.signal });
    const error = await cleanUp(reach, hosts.allFound(1)).catch((thrown: unknown) => thrown);
    expect(error).to.equal(reason);
    expect(hosts.warnings).to.deep.equal([]);
  });
});

describe("a claim that cannot exist without another", () => {
  it("is deleted at other ends that confirm what it is", async () => {
    for (const [there, now] of [
      [flow, ""],
      [{ ...flow, destination: "m3" }, "t confirmed"],
      [tunnel, "t confirmed"],
    ] as const) {
      const hosts = new Hosts({ 1: [flow], 2: [there] });
      const isMeant = (claim: Claim) => claim.kind === "flow" && claim.destination === "m1";
      await deleteEverywhere(hosts.reach, { ...hosts.found(1), isMeant });
      expect(hosts.now).to.deep.equal({ host1: "", host2: now });
    }
  });
});
