import { expect } from "chai";
import type { HostAccess } from "../../../provider/converge/access";
import type { Look } from "../../../provider/converge/look";
import { flowText } from "../../../provider/plan/flowText";
import { tapRules } from "../../../provider/plan/numberRules";
import { portNumbers } from "../../../provider/plan/portNumbers";
import { claim as claimSchema } from "../../../provider/schema/claim";
import { readStatistics } from "../../../provider/statistics/readStatistics";
import type { HostStatistics } from "../../../provider/statistics/statistics";
import { renderGolden } from "../model/goldenHost";

const base = { format: 1, token: "t", writer: "w", time: "2026-01-01T00:00:00.000Z" };
const source = { integrationBridge: "br-int", direction: "both", enabled: true, rateLimit: { kbps: 1000 } };
const flow = {
  ...{ ...base, kind: "flow", owner: "o/p/s/TapFlow/web", service: "o/p/s/TapService/ids", tunnelId: 7 },
  ...{ destination: "machine-here", source: { ...source, port: "web" } },
};
const service = {
  ...{ ...base, kind: "service", owner: flow.service, tunnelId: 7, ports: ["mon"], distribution: "copy" },
  ...{ attachment: "integration-bridge", integrationBridge: "br-int" },
};
/** A collector that gets the direction of each copy in its header. */
const collector = {
  ...{ address: "192.0.2.9", type: "erspan", erspanVersion: 2, udpPort: 0, local: "192.0.2.1" },
  keys: { ingress: 5, egress: 5 },
};
/** A filter that tells directions apart. */
const filter = [{ action: "accept", direction: "egress" }];

type ClaimFields = { owner: string; [field: string]: unknown };

/** Reads a host with these claims, on which each rule has counted 10 packets, and each meter has dropped 7. */
async function read(...claims: ClaimFields[]): Promise<HostStatistics> {
  const vm = (name: string, tag?: number) => ({
    ...{ name, port: { tag }, nic: { externalIds: { "iface-id": name } } },
  });
  const bridges = [{ name: "br-int", ports: [vm("web"), vm("mon"), vm("db", 10)] }];
  const tapBridge = "br-tap";
  const { desired, facts } = renderGolden({ renderer: 1, tapBridge, bridges, claims, expected: undefined });
  const rules = flowText(tapRules(desired, facts, tapBridge, 1)).replace(/^(?=.)/gm, "n_packets=10,");
  const numbers = portNumbers(facts, tapBridge);
  const dropped = desired.meters.map(
    ({ inPort }) => `meter:${numbers.get(inPort)}\n0: packet_count:7 byte_count:0\n`,
  );
  const answers = { "dump-flows": rules, "meter-stats": dropped.join(""), "dump-ports": "" };
  const run = async (words: readonly string[]) => {
    const [, stdout] = Object.entries(answers).find(([word]) => words.includes(word))!;
    return { stdout, stderr: "", exitCode: 0 };
  };
  const bridge = facts.bridges.find(({ name }) => name === tapBridge);
  const parsed = claims.map((one) => claimSchema.parse(one));
  const here = { bridge, claims: new Map(parsed.map((one) => [one.owner, one])) };
  const record = { name: "here", address: "here" };
  return readStatistics({ run } as unknown as HostAccess, { facts, read: here, record } as unknown as Look);
}

describe("the counters of a capped flow", () => {
  it("are those of both directions, which share its meter, where its collector tells them apart", async () => {
    const { captures } = await read({ ...flow, destination: "collector", collector });
    expect(captures).to.have.length(1);
    const { direction, mirrors, matched, copied, dropped } = captures[0]!;
    expect([direction, mirrors.length]).to.deep.equal(["any", 2]);
    expect([matched.packets, copied.packets, dropped.packets]).to.deep.equal([20, 13, 7]);
  });

  it("are of the direction that it taps, although access ports and trunks have a group each", async () => {
    const selecting = { ...source, ports: { name: "*" }, direction: "egress", filter };
    const { captures } = await read({ ...flow, destination: "m2", source: selecting });
    expect(captures.map(({ direction, mirrors }) => [direction, mirrors.length])).to.deep.equal([
      ["egress", 2],
    ]);
  });

  it("are without what its meter dropped among what its service delivers on the same host", async () => {
    const told = { ...flow, source: { ...flow.source, filter, defaultAction: "accept" } };
    const { captures, services } = await read(told, service);
    const { copied, dropped } = captures[0]!;
    expect([copied.packets, dropped.packets]).to.deep.equal([13, 7]);
    const fromOthers = 10;
    expect(services.map(({ delivered }) => delivered.packets)).to.deep.equal([fromOthers + 13]);
  });
});
