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
  bootId: "",
  facts: observed(),
  read: { claims: new Map(), generation: 0, bridge: undefined },
  now: 0,
};

/**
 * Waits for a port on a host that says of itself what `changed` does, until the host was looked at `most` times.
 * Resolves to the times of the looks, in milliseconds.
 */
async function looksFor(attachTimeout: number, changed: Host["changed"], most: number): Promise<number[]> {
  const looks: number[] = [];
  const host = {
    look: async () => {
      looks.push(performance.now());
      return look;
    },
    changed,
  } as unknown as Host;
  const missing = new TaasError("port tap-web is not plugged", { code: "port-missing", host: "host1" });
  const refused = new TaasError("port tap-web is there twice", { code: "port-ambiguous", host: "host1" });
  const intent: Intent = {
    reach: { open: () => host } as unknown as Intent["reach"],
    ...{ owner: "o/p/s/TapFlow/web", previousOwner: undefined, token: "t", mode: "create", adopt: false },
    ...{ hosts: [record], oldHosts: [], attachTimeout },
    plan: () => Promise.reject(looks.length < most ? missing : refused),
  };
  const error = await prepare(intent).catch((reason: unknown) => reason);
  expect(error).to.equal(looks.length < most ? missing : refused);
  return looks;
}

describe("a wait for a port", () => {
  it("leaves a host alone between looks, although its rows change all the time", async () => {
    const looks = await looksFor(60, async () => {}, 4);
    const pauses = looks.slice(1).map((time, index) => time - looks[index]!);
    expect(pauses).to.have.length(3);
    // A pause is 100 ms, and a timer may be a moment early.
    expect(Math.min(...pauses)).to.be.greaterThan(95);
  });

  it("does not look again if there is no time left", async () => {
    expect(await looksFor(0, async () => {}, 2)).to.have.length(1);
  });
});
