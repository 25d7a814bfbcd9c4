import { expect } from "chai";
import { removeChosen } from "../../../cli/claims/removal";
import type { Look } from "../../../provider/converge/hostQueue";
import type { ErrorCode } from "../../../provider/errorCodes";
import { TaasError } from "../../../provider/errors";
import type { Context } from "../../../provider/resource/context";
import type { Claim } from "../../../provider/schema/claim";

/** A host whose every removal ends as `code` says. */
function lookAt(name: string, tried: string[], code?: ErrorCode): Look {
  const submit = async () => {
    tried.push(name);
    if (code !== undefined) throw new TaasError("it failed", { code, host: name });
  };
  return { record: { name, address: name }, queue: { submit } } as unknown as Look;
}

const claims = ["one", "two", "three"].map(
  (name) => ({ kind: "service", owner: `a/b/c/TapService/${name}`, token: name }) as unknown as Claim,
);

async function remove(looks: readonly Look[]): Promise<{ removed: string[]; failures: string[] }> {
  const removed: string[] = [];
  const failures: string[] = [];
  const context = {} as Context;
  await removeChosen(
    context,
    looks.map((look) => ({ look, claims })),
    {
      removed: ({ host, claim }) => removed.push(`${host} ${claim.token}`),
      failed: (message) => failures.push(message),
    },
  );
  return { removed, failures };
}

describe("the removal of claims", () => {
  it("goes on with the next host when one is out of reach, and says what stays there", async () => {
    const tried: string[] = [];
    const looks = [lookAt("host1", tried, "connection-lost"), lookAt("host2", tried)];
    expect(await remove(looks)).to.deep.equal({
      removed: ["host2 one", "host2 two", "host2 three"],
      failures: ["a/b/c/TapService/one stays: host host1: it failed", "2 more claims stay on host1"],
    });
    expect(tried).to.deep.equal(["host1", "host2", "host2", "host2"]);
  });

  it("goes on with the next claim when one cannot be removed", async () => {
    const tried: string[] = [];
    const { removed, failures } = await remove([lookAt("host1", tried, "ofport-taken")]);
    expect([removed.length, failures.length, tried.length]).to.deep.equal([0, 3, 3]);
  });

  it("does not hide a fault of the program", async () => {
    const look = lookAt("host1", []);
    Object.assign(look.queue, { submit: () => Promise.reject(new TypeError("x is undefined")) });
    const error = await remove([look]).catch((reason: Error) => reason);
    expect(error).to.be.instanceOf(TypeError);
  });
});
