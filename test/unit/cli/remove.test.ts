import { expect } from "chai";
import { removeChosen } from "../../../cli/claims/removal";
import type { About } from "../../../cli/output";
import type { Look } from "../../../provider/converge/look";
import type { ErrorCode } from "../../../provider/errorCodes";
import { TaasError } from "../../../provider/errors";
import type { HostRecord } from "../../../provider/host/host";
import type { Context } from "../../../provider/resource/context";
import type { Claim } from "../../../provider/schema/claim";

/** A host, and what a removal there comes to. */
interface Site {
  name: string;
  submit(): Promise<{ claims: ReadonlyMap<string, Claim> }>;
}

/** A host whose every removal ends as `code` says. */
function siteAt(name: string, tried: string[], code?: ErrorCode): Site {
  const submit = async () => {
    tried.push(name);
    if (code !== undefined) throw new TaasError("it failed", { code, host: name });
    return { claims: new Map() };
  };
  return { name, submit };
}

const claims = ["one", "two", "three"].map(
  (name) => ({ kind: "service", owner: `a/b/c/TapService/${name}`, token: name }) as unknown as Claim,
);

async function remove(
  sites: readonly Site[],
  chosen = claims,
  others: readonly Site[] = [],
): Promise<{ removed: string[]; failures: string[]; abouts: About[] }> {
  const removed: string[] = [];
  const failures: string[] = [];
  const abouts: About[] = [];
  const open = ({ name }: HostRecord) => [...sites, ...others].find((site) => site.name === name);
  const context = { open, claimedHost: async (claimed: HostRecord) => claimed } as unknown as Context;
  await removeChosen(
    context,
    sites.map(({ name }) => ({ look: { record: { name, address: name } } as Look, claims: chosen })),
    {
      removed: ({ host, claim }) => removed.push(`${host} ${claim.token}`),
      failed(message, about) {
        failures.push(message);
        abouts.push(about);
      },
    },
  );
  return { removed, failures, abouts };
}

describe("the removal of claims", () => {
  it("continues with the next host when one is unreachable, and says what stays there", async () => {
    const tried: string[] = [];
    const sites = [siteAt("host1", tried, "connection-lost"), siteAt("host2", tried)];
    const { abouts, ...told } = await remove(sites);
    expect(told).to.deep.equal({
      removed: ["host2 one", "host2 two", "host2 three"],
      failures: ["a/b/c/TapService/one stays: host host1: it failed", "2 more claims stay on host1"],
    });
    for (const about of abouts) expect(about).to.include({ code: "connection-lost", host: "host1" });
    expect(tried).to.deep.equal(["host1", "host2", "host2", "host2"]);
  });

  it("continues with the next claim when one cannot be removed", async () => {
    const tried: string[] = [];
    const { removed, failures } = await remove([siteAt("host1", tried, "home-bridge-missing")]);
    expect([removed.length, failures.length, tried.length]).to.deep.equal([0, 3, 3]);
  });

  it("tries another end that cannot be reached once, and tells its error of each claim", async () => {
    const tried: string[] = [];
    const elsewhere = [{ machine: "m2", host: { name: "host2", address: "host2" } }];
    const chosen = claims.map((claim) => ({ ...claim, elsewhere }));
    const far = siteAt("host2", tried, "unreachable");
    const { removed, failures } = await remove([siteAt("host1", tried)], chosen, [far]);
    expect(tried).to.deep.equal(["host2", "host1", "host1", "host1"]);
    expect(removed).to.deep.equal(["host1 one", "host1 two", "host1 three"]);
    expect(failures).to.deep.equal(
      claims.map(({ owner }) => `the other end of ${owner} stays: host host2: it failed`),
    );
  });

  it("tries it no more for its own claims", async () => {
    const tried: string[] = [];
    const elsewhere = [{ machine: "m2", host: { name: "host2", address: "host2" } }];
    const sites = [siteAt("host1", tried), siteAt("host2", tried, "unreachable")];
    const { failures } = await remove(sites, [{ ...claims[0]!, elsewhere }]);
    expect(tried).to.deep.equal(["host2", "host1"]);
    expect(failures.at(-1)).to.equal("a/b/c/TapService/one stays: host host2: it failed");
  });

  it("says which claim stays at another end, because it is another resource's", async () => {
    const [claim] = claims as [Claim];
    const elsewhere = [{ machine: "m2", host: { name: "host2", address: "host2" } }];
    const theirs = { ...claim, owner: "a/b/c/TapService/renamed" };
    const left = new Map([[theirs.owner, theirs]]);
    const submit = (at: string) => async () => ({ claims: at === "host2" ? left : new Map<string, Claim>() });
    const sites = ["host1", "host2"].map((name) => ({ name, submit: submit(name) }));
    const { removed, failures, abouts } = await remove(sites, [{ ...claim, elsewhere }]);
    expect(removed[0]).to.equal("host1 one");
    expect(failures[0]).to.equal(
      "the other end of a/b/c/TapService/one stays: on host2 its claim belongs to a/b/c/TapService/renamed",
    );
    expect(abouts[0]).to.deep.equal({ host: "host2" });
  });

  it("does not hide a bug in the program", async () => {
    const site = { name: "host1", submit: () => Promise.reject(new TypeError("x is undefined")) };
    const error = await remove([site]).catch((reason: Error) => reason);
    expect(error).to.be.instanceOf(TypeError);
  });
});
