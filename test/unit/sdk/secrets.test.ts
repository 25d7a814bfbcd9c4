import { isSecret, output, secret } from "@pulumi/pulumi";
import { expect } from "chai";
import { secretProperties } from "../../../provider/face/computed";
import { followingFrom } from "../../../sdk/secrets";

describe("an argument that follows from another where it is not given", () => {
  const names = async (...secrets: string[]) => secrets;
  const resolved = (argument: ReturnType<typeof followingFrom>) =>
    new Promise((resolve) => argument.apply((value) => resolve(value)));

  it("is a secret nothing where the other is a secret, and nothing where it is none", async () => {
    for (const [given, secrets, isHidden] of [
      [undefined, names("name"), true],
      [output(undefined), names("name"), true],
      [undefined, names("mac"), false],
      [undefined, names(), false],
    ] as const) {
      const argument = followingFrom(given, ["name"], secrets);
      expect(await isSecret(argument)).to.equal(isHidden);
      expect((await resolved(argument)) ?? null).to.equal(null);
    }
  });

  it("is what is given, secret or not", async () => {
    const given = followingFrom("/run/a", ["name"], names("name"));
    expect([await resolved(given), await isSecret(given)]).to.deep.equal(["/run/a", false]);
    expect(await isSecret(followingFrom(secret("/run/a"), ["name"], names()))).to.equal(true);
  });

  it("is secret in what a plugin answers where the other is", () => {
    expect([...secretProperties("MonitorPort", new Set(["name"]))]).to.include("socketPath");
    expect([...secretProperties("MonitorPort", new Set(["mac"]))]).not.to.include("socketPath");
    expect([...secretProperties("MonitorPort", new Set(["description"]))]).to.deep.equal(["description"]);
  });
});
