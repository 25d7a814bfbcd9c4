import { expect } from "chai";
import type { Host } from "../../../provider/converge/host";
import type { Intent } from "../../../provider/converge/intent";
import type { Look } from "../../../provider/converge/look";
import { prepare } from "../../../provider/converge/prepare";
import { TaasError } from "../../../provider/errors";
import { observed } from "../model/observed";

const record = { name: "host1", address: "host1" };
const look: Look = {
  record,
  facts: observed(),
  read: { claims: new Map(), generation: 0, bridge: undefined },
  now: 0,
};

/** Waits for a port that never comes, on a host that says of itself what `changed` does. Resolves to the looks it took. */
async function looksUntilMissing(attachTimeout: number, changed: Host["changed"]): Promise<number> {
  let looks = 0;
  const host = {
    look: async () => {
      looks++;
      return look;
    },
    changed,
  } as unknown as Host;
  const missing = new TaasError("port tap-web is not plugged", { code: "port-missing", host: "host1" });
  const intent: Intent = {
    reach: { open: () => host } as unknown as Intent["reach"],
    ...{ owner: "o/p/s/TapFlow/web", previousOwner: undefined, token: "t", mode: "create", adopt: false },
    ...{ hosts: [record], oldHosts: [], attachTimeout, plan: () => Promise.reject(missing) },
  };
  const error = await prepare(intent).catch((reason: unknown) => reason);
  expect(error).to.equal(missing);
  return looks;
}

describe("a wait for a port", () => {
  it("leaves a host alone between looks, although its rows change all the time", async () => {
    expect(await looksUntilMissing(0.5, async () => {})).to.be.within(2, 7);
  });

  it("does not look again if there is no time left", async () => {
    expect(await looksUntilMissing(0, async () => {})).to.equal(1);
  });
});
