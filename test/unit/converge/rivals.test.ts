import { expect } from "chai";
import { cleanUp } from "../../../provider/converge/leftovers";
import { writer } from "../../../provider/converge/run";
import { Hosts, left, OWNER, source, tunnel } from "./leftoverHosts";

describe("a claim that may be of a run that is still going on", () => {
  const AGO = 60_000;
  const other = { writer: "alice@ci-7", time: new Date(Date.now() - 2 * AGO).toISOString() };

  it("is deleted with a warning that names who wrote it, and when", async () => {
    const latest = new Date(Date.now() - AGO).toISOString();
    const service = { ...left, ...other, kind: "service", tunnelId: 7, ports: ["a"], integrationBridge: "b" };
    const hosts = new Hosts({
      1: [
        { ...tunnel, ...left, ...other },
        { ...service, owner: "o/p/s/TapService/ids", token: "u", elsewhere: undefined, time: latest },
      ],
      2: [{ ...tunnel, ...left, ...other }],
    });
    expect(await cleanUp(hosts.reach, [...hosts.allFound(1), hosts.found(2)])).to.equal(true);
    expect(hosts.now).to.deep.equal({ host1: "", host2: "" });
    expect(hosts.warnings).to.have.length(1);
    expect(hosts.warnings[0]).to.include(
      `deleted ${OWNER} and 1 more resource as what a killed run left, written by alice@ci-7 at ${latest}`,
    );
    expect(hosts.warnings[0]).to.match(/give one of them another project or stack name$/);
  });

  for (const [what, claim] of [
    ["its writer is this user on this machine", { ...tunnel, ...other, writer: writer() }],
    ["it was written long ago", { ...tunnel, ...other, time: new Date(Date.now() - 20 * AGO).toISOString() }],
    ["it does not say when it was written", { ...tunnel, ...other, time: "?" }],
    ["it is a capture, which ends with its connection", { kind: "capture", source, ...other }],
  ] as const) {
    it(`is not assumed, and nothing is told, if ${what}`, async () => {
      const hosts = new Hosts({ 1: [{ ...claim, ...left, elsewhere: undefined }] });
      await cleanUp(hosts.reach, hosts.allFound(1));
      expect(hosts.now).to.deep.equal({ host1: "" });
      expect(hosts.warnings).to.deep.equal([]);
    });
  }

  it("is no longer told of as deleted if that run has confirmed it meanwhile", async () => {
    const hosts = new Hosts({ 1: [{ ...tunnel, ...other, elsewhere: undefined }] });
    const { seen, claim } = hosts.found(1);
    await cleanUp(hosts.reach, [{ seen, claim: { ...claim, ...left } }]);
    expect([hosts.now, hosts.warnings]).to.deep.equal([{ host1: "t confirmed" }, []]);
  });
});
