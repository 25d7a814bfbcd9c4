import { expect } from "chai";
import { render } from "../../../provider/model/render";
import { ruleText } from "../../../provider/plan/flowText";
import type { FlowClaim } from "../../../provider/schema/claim";
import { type ObservedPort, observed } from "./observed";

const UNTAGGED = "vlan_tci=0x0/0x1000";
const TAGGED = "vlan_tci=0x1000/0x1000";

const flow = (source: Partial<FlowClaim["source"]>): FlowClaim => ({
  format: 1,
  token: "t",
  writer: "w",
  time: "2026-01-01T00:00:00.000Z",
  kind: "flow",
  owner: "o/p/s/TapFlow/web",
  service: "o/p/s/TapService/ids",
  tunnelId: 7,
  destination: "machine-there",
  peer: { machine: "machine-there", name: "host2", local: "192.0.2.1", remote: "192.0.2.2" },
  source: {
    ...{ port: "web", direction: "both", enabled: true, counters: "shared", integrationBridge: "br-int" },
    ...source,
  },
});

/** How a host's rules treat copies, but for the cookie, the port they come in by, and what comes before the cut. */
function treatment(datapathType: string, claim: FlowClaim, port: ObservedPort["port"] = {}): string[] {
  const facts = observed({ name: "br-int", ports: [{ name: "web", port }], row: { datapathType } });
  const { rules, foreignRules } = render(new Map([[claim.owner, claim]]), facts, "br-tap");
  expect(foreignRules).to.deep.equal([]);
  const numbers = new Map(rules.flatMap(({ inPort, actions }) => [inPort, ...actions.map(nameOf)]).map(at));
  const texts = rules.filter(({ table }) => table === 2).map((rule) => ruleText(rule, numbers)!);
  return texts.map((text) =>
    text
      .replace(/^.*,(priority=\d+)(,in_port=\d+)?/, "$1")
      .replace(/clone\(output\(port=\d+,max_len=(\d+)\)\),exit/, "cut to $1")
      .replace(/output:\d+/, "whole")
      .replace(/set_field:[^,]*tun_id,/, ""),
  );
}

function nameOf(action: unknown): string | undefined {
  return (action as { output?: string }).output;
}

function at(name: string | undefined, index: number): [string, number] {
  return [name ?? "", index + 1];
}

const END = "priority=0,actions=drop";

describe("a slice of copies", () => {
  const trunk = { tag: undefined };
  const native = { tag: 10, vlanMode: "native-untagged" };

  it("counts tags by itself on the userspace datapath", () => {
    expect(treatment("netdev", flow({ snapLength: 100 }), trunk)).to.deep.equal([
      "priority=100,actions=cut to 100",
      END,
    ]);
  });

  for (const kernel of ["", "system"]) {
    const datapath = `the kernel's datapath (${JSON.stringify(kernel)})`;

    it(`leaves room for a tag that the guest gave it on ${datapath}`, () => {
      expect(treatment(kernel, flow({ snapLength: 100 }), trunk)).to.deep.equal([
        `priority=100,${UNTAGGED},actions=cut to 100`,
        `priority=100,${TAGGED},actions=cut to 96`,
        END,
      ]);
    });

    it(`is never less than a header on ${datapath}`, () => {
      expect(treatment(kernel, flow({ snapLength: 15 }), trunk)).to.deep.equal([
        `priority=100,${UNTAGGED},actions=cut to 15`,
        `priority=100,${TAGGED},actions=cut to 14`,
        END,
      ]);
    });

    it(`needs no room for the bridge's tag, which is removed, on ${datapath}`, () => {
      expect(treatment(kernel, flow({ snapLength: 100 }))).to.deep.equal([
        "priority=100,actions=cut to 100",
        `priority=110,${TAGGED},actions=pop_vlan,cut to 100`,
        END,
      ]);
    });

    it(`needs room for other tags than the native one on ${datapath}`, () => {
      expect(treatment(kernel, flow({ snapLength: 100 }), native)).to.deep.equal([
        `priority=100,${UNTAGGED},actions=cut to 100`,
        `priority=100,${TAGGED},actions=cut to 96`,
        "priority=110,dl_vlan=10,actions=pop_vlan,cut to 100",
        END,
      ]);
    });

    it(`leaves whole copies alone on ${datapath}`, () => {
      expect(treatment(kernel, flow({}), trunk)).to.deep.equal(["priority=100,actions=whole", END]);
    });

    it(`is distinguished from others by its length on ${datapath}`, () => {
      const filter = [
        { action: "accept" as const, protocol: "tcp" as const, snapLength: 60 },
        { action: "accept" as const },
      ];
      expect(treatment(kernel, flow({ filter, maxFrame: 1_464 }), trunk)).to.deep.equal([
        `priority=100,reg1=0x3c,${UNTAGGED},actions=cut to 60`,
        `priority=100,reg1=0x3c,${TAGGED},actions=cut to 56`,
        `priority=100,reg1=0x5b8,${UNTAGGED},actions=cut to 1464`,
        `priority=100,reg1=0x5b8,${TAGGED},actions=cut to 1460`,
        END,
      ]);
    });
  }
});
