import { expect } from "chai";
import { parse } from "yaml";
import type { Ends, FlowEnds } from "../../../console/server/live/ends";
import { moveCode } from "../../../console/server/live/moveCode";

const OWNER = "acme/other/prod/TapFlow/web";
const SERVICE = { owner: "acme/other/prod/TapService/ids", tunnelId: 7, attachment: "auto" };

/** The arguments of the resource that takes over a tap with this claim. */
function argumentsOf(claim: object, source: object): unknown {
  const { web } = parse(codeOf(claim, source)!) as { web: { properties: Record<string, unknown> } };
  const { service, ...properties } = web.properties;
  expect(service).to.deep.equal({ format: 1, ...SERVICE, host: "host1" });
  return properties;
}

function codeOf(claim: object, source: object): string | undefined {
  const record = { name: "host1", address: "192.0.2.1" };
  const flow = {
    ...{ owner: OWNER, service: SERVICE.owner, ...claim },
    source: { port: "tap-web", direction: "both", enabled: true, counters: "shared", ...source },
  };
  const services = new Map([[SERVICE.owner, { view: { record }, claim: SERVICE, others: [] }]]);
  return moveCode(
    { source: { view: { record }, claim: flow }, others: [] } as unknown as FlowEnds,
    { services } as unknown as Ends,
  );
}

describe("the YAML that takes over a tap", () => {
  it("contains everything that decides how and until when the tap copies", () => {
    const source = {
      filter: "tcp port 443",
      defaultAction: "drop",
      sampling: { oneIn: 10 },
      snapLength: 96,
      rateLimit: { kbps: 1000 },
      counters: "own",
    };
    const claim = { until: "2030-01-01T00:00:00Z", tenant: "blue", description: "ours" };
    expect(
      argumentsOf({ ...claim, shared: { bridge: "br-tun" } }, { ...source, enabled: false }),
    ).to.deep.equal({
      ...{ host: "host1", port: "tap-web", direction: "both", enabled: false, transport: "shared" },
      ...source,
      ...claim,
    });
  });

  it("names a port as a program does, and omits defaults", () => {
    const port = { mac: "52:54:00:00:00:01", foundIfaceId: "found" };
    expect(argumentsOf({}, { port, direction: "ingress" })).to.deep.equal({
      host: "host1",
      port: { mac: port.mac },
      direction: "ingress",
    });
  });

  it("takes what a host says for text, in Pulumi's YAML and in a shell", () => {
    const trap = "$".concat("{ids.ref}");
    const until = "2030-01-01T00:00:00Z";
    expect(argumentsOf({ description: trap, until }, {})).to.deep.include({ description: `$${trap}`, until });
    // YAML 1.1, as Pulumi reads it, has times that are no texts.
    expect(codeOf({ until }, {})).to.include(`until: "${until}"`);
    const owner = "acme/other/prod/TapFlow/web'; touch x\ntouch y #";
    expect(codeOf({ owner }, {})).to.include(
      "pulumi import taas:index:TapFlow 'web'\\''; touch x\\u000atouch y #' 'host1:acme/other/prod/TapFlow/web'\\''; touch x\\u000atouch y #'\n",
    );
    expect(codeOf({}, { port: undefined, ports: { externalIds: { [trap]: "x" } } })).to.equal(undefined);
  });
});
