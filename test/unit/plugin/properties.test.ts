import { expect } from "chai";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { receive, secretsOf, send } from "../../../plugin/properties";
import { UNKNOWN } from "../../../provider/schema/unknown";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const secret = (value: unknown) => ({ [SIGNATURE]: "1b47061264138c4ac30d75fd1eb44270", value });

function received(properties: object) {
  return receive(Struct.fromJavaScript(properties as Parameters<typeof Struct.fromJavaScript>[0]));
}

describe("the plugin's properties", () => {
  it("are plain, whatever the depth of a secret, and the property that contains one is listed", () => {
    const { values, secrets } = received({
      port: "tap-web",
      filter: [{ action: "accept", source: secret("192.0.2.1/32") }],
      tenant: secret("acme"),
      rateLimit: secret({ kbps: secret(5) }),
    });
    expect(values).to.deep.equal({
      port: "tap-web",
      filter: [{ action: "accept", source: "192.0.2.1/32" }],
      tenant: "acme",
      rateLimit: { kbps: 5 },
    });
    expect([...secrets].sort()).to.deep.equal(["filter", "rateLimit", "tenant"]);
  });

  it("have one unknown for those of every type", () => {
    const unknowns = [
      UNKNOWN,
      "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
      "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
      "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
      "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    ];
    const { values, secrets } = received({ unknowns, hidden: secret(unknowns[2]) });
    expect(values).to.deep.equal({ unknowns: unknowns.map(() => UNKNOWN), hidden: UNKNOWN });
    expect([...secrets]).to.deep.equal(["hidden"]);
  });

  it("are empty if the engine sends none", () => {
    expect(receive(undefined)).to.deep.equal({ values: {}, secrets: new Set() });
  });

  it("are sent back as secrets, each as a whole", () => {
    const sent = send({ filter: [{ source: "192.0.2.1" }], port: "p" }, new Set(["filter", "rules"]));
    expect(sent.toJavaScript()).to.deep.equal({ filter: secret([{ source: "192.0.2.1" }]), port: "p" });
  });

  for (const [what, given, expected] of [
    ["nothing where nothing is", { port: "p" }, []],
    ["the description alone where it is", { description: secret("x") }, ["description"]],
    [
      "all that is computed where an argument is",
      { port: secret("p") },
      ["ifaceIds", "port", "portName", "portNames", "rules", "status", "tunnelId"],
    ],
  ] as const) {
    it(`that are secret are ${what}`, () => {
      expect([...secretsOf("TapFlow", received(given))].sort()).to.deep.equal(expected);
    });
  }
});
