import { expect } from "chai";
import fc from "fast-check";
import type { HostAccess } from "../../../provider/converge/access";
import { readUnderlay, requireAddress } from "../../../provider/converge/network";
import { PlainDevices } from "../../../provider/converge/plainDevices";
import { readLinuxBridges } from "../../../provider/converge/readLinuxBridges";
import { includesTunnelId, namedTunnelIds } from "../../../provider/converge/tunnelIds";
import { parseProbe, sudoRefusal } from "../../../provider/host/privilege";
import { diffFlows } from "../../../provider/ovs/diffFlows";
import { dumpFlows } from "../../../provider/ovs/dumpFlows";
import type { InterfaceFacts } from "../../../provider/ovs/facts";
import { readMeterDrops } from "../../../provider/ovs/meterStatistics";
import { dumpMeters } from "../../../provider/ovs/meters";
import type { OfctlTarget } from "../../../provider/ovs/ofctl";
import { formatFlow, parseFlow } from "../../../provider/ovs/openflow";
import { readPortCounts } from "../../../provider/ovs/portCounts";
import { driftedStatus } from "../../../provider/resource/status";
import { observed, rowId } from "../model/observed";
import { hostileText } from "./arbitrary";
import { eventually, expectShowable, outcome } from "./outcome";

/** Lines as the tools print them, with hostile text in between. */
const line = fc
  .array(
    fc.oneof(
      hostileText,
      fc.constantFrom(
        ...[
          " cookie=0x7a70000000000001, duration=1s, table=0, n_packets=1,",
          "priority=100,in_port=1",
          "actions=",
        ],
        ...[
          "actions=drop",
          "tun_id=0x5/0xff",
          "set_tunnel:7",
          "+",
          "-",
          "meter=1 kbps bands=",
          "meter:1",
          "type=drop",
        ],
        ...[
          "  0: packet_count:1 byte_count:2",
          "port  1: rx pkts=1, bytes=?",
          "tx pkts=2",
          "inet 192.0.2.1/24 mtu 1500",
        ],
        ...[
          "route",
          "\ntaas-probe 0 writable yes /run",
          "OFPST_FLOW reply (OF1.4):",
          "sudo: a password is required",
        ],
      ),
    ),
    { maxLength: 6 },
  )
  .map((words) => words.join(" "));
const output = fc.array(line, { maxLength: 5 }).map((lines) => lines.join("\n"));
const result = fc.record({ stdout: output, stderr: output, exitCode: fc.constantFrom(0, 0, 0, 1, 2, 127) });

/** The row of a port's interface. */
function nicOf(name: string): InterfaceFacts {
  const facts = observed({ name: "br-int", ports: [{ name, nic: { ifindex: 7 } }] });
  return facts.interfaces[rowId("Interface", name)]!;
}

describe("a host whose tools print anything", () => {
  it("is parsed, or refused with its output made safe", async () => {
    await fc.assert(
      fc.asyncProperty(result, async (said) => {
        const target: OfctlTarget = { run: async () => said, bridge: "br-tap", host: "host1" };
        const access = { run: target.run, record: { name: "host1" } } as unknown as HostAccess;
        await eventually(() => dumpFlows(target));
        const difference = await eventually(() => diffFlows(target, ""));
        const differing = [...(difference?.missing ?? []), ...(difference?.unexpected ?? [])];
        expectShowable(driftedStatus(differing.map(formatFlow)));
        await eventually(() => dumpMeters(target));
        await eventually(() => readMeterDrops(target));
        await eventually(() => readPortCounts(target));
        const bridges = await eventually(() =>
          readLinuxBridges({ run: target.run, plainDevices: new PlainDevices() }, [
            nicOf("qvo-x"),
            nicOf("qvo-y"),
          ]),
        );
        for (const { name, port } of bridges?.values() ?? []) expect(name + port).to.match(/^[^/\s]+$/);
        const underlay = await eventually(() => readUnderlay(access, { address: "192.0.2.9", local: "" }));
        outcome(() => requireAddress(underlay, "192.0.2.77", "host1"));
        includesTunnelId(namedTunnelIds(said.stdout), 7);
        outcome(() => parseProbe(said, { name: "host1", where: "root@host1:22" }));
        sudoRefusal(said);
      }),
      { numRuns: 500 },
    );
  });

  it("gets back the rule that it printed, however it is written", () => {
    fc.assert(
      fc.property(line, (said) => {
        const text = said.replaceAll(/[\n\r\u2028\u2029]/g, " ");
        const flow = outcome(() => parseFlow(text));
        if (flow === undefined) return;
        expect(formatFlow(parseFlow(formatFlow(flow)))).to.equal(formatFlow(flow));
      }),
      { numRuns: 500 },
    );
  });

  it("takes no longer for a very long line", () => {
    for (const text of ["(", "a=(", "tun_id=9", "tun_id=0x", ",", " cookie=", "+", "actions="]) {
      const long = text.repeat(100_000);
      outcome(() => parseFlow(long));
      outcome(() => parseFlow(`${long} actions=drop`));
      namedTunnelIds(long);
      sudoRefusal({ stdout: "", stderr: long, exitCode: 1 });
    }
  });
});
