import { expect } from "chai";
import type { HostAccess } from "../../../provider/converge/access";
import { TaasError } from "../../../provider/errors";
import type { ExecResult } from "../../../provider/host/transport";
import { NOTHING } from "../../../provider/verify/counts";
import { countedBy, examine } from "../../../provider/verify/examine";
import type { SeenHost } from "../../../provider/verify/see";
import { rejection } from "../../rejection";
import { twoHosts } from "./twoHosts";

const { look } = twoHosts().source.view;
const LOST = new TaasError("the connection was lost", { code: "connection-lost" });
const NO_RIGHTS = new TaasError("ask for rights", { code: "no-rights" });

function ended(stderr: string): ExecResult {
  return { exitCode: 1, stdout: "", stderr } as ExecResult;
}

/** A host without a management socket; commands on it end as given. */
function examined(run: () => Promise<ExecResult>, requireRights = async (): Promise<void> => {}) {
  const openPackets = () => Promise.reject(new TaasError("no socket", { code: "packets-refused" }));
  const access = { record: look.record, timeoutMs: 3000, openPackets, run, requireRights };
  const host = { host: { inspect: () => Promise.reject(LOST) }, look } as unknown as SeenHost;
  return examine(access as unknown as HostAccess, host, 0);
}

describe("an examination of a host", () => {
  it("says that ovs-vswitchd is dead if its tool gets no answer", async () => {
    const { dead, channel } = await examined(async () => ended("ovs-ofctl: br-tap is not a bridge"));
    expect(dead).to.match(/is not a bridge$/);
    expect(channel).to.deep.equal({ why: "no socket" });
  });

  it("says nothing about ovs-vswitchd if the connection is lost, or the login lacks permission", async () => {
    expect(await rejection(examined(() => Promise.reject(LOST)))).to.equal(LOST);
    const denied = async () => ended("ovs-ofctl: br-tap: failed to open socket (Permission denied)");
    expect(await rejection(examined(denied, () => Promise.reject(NO_RIGHTS)))).to.equal(NO_RIGHTS);
    const silent = async () => ({ ...ended(""), exitCode: 0 });
    expect(await rejection(examined(silent))).to.equal(LOST);
  });

  it("reports why nothing could be counted, instead of failing", async () => {
    expect(await countedBy({ counted: Promise.reject(LOST) })).to.deep.equal({
      counted: NOTHING,
      uncounted: LOST.message,
    });
  });
});
