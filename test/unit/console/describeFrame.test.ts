import { expect } from "chai";
import fc from "fast-check";
import { describeFrame } from "../../../console/server/watch/describeFrame";
import { SEED } from "../../seed";

const MACS = "525400000002 525400000001";
const IP4 = (protocol: string, fragment = "4000") =>
  `4500 0000 0001 ${fragment} 40 ${protocol} 0000 c6336401 c6336402`;
const IP6 = (next: string) =>
  `60000000 0000 ${next} 40 20010db8000000000000000000000001 20010db8000000010000000000000002`;
const TCP = "9c40 01bb 00000000 00000000 50 02 ffff 0000 0000";
const UDP = "0035 9c40 0008 0000";

describe("the line that a watch shows of a frame", () => {
  const cases: [string, string, string][] = [
    ["TCP", `${MACS} 0800 ${IP4("06")} ${TCP}`, "198.51.100.1:40000 > 198.51.100.2:443 tcp syn, 54 bytes"],
    [
      "TCP cut behind its ports",
      `${MACS} 0800 ${IP4("06")} 9c4001bb`,
      "198.51.100.1:40000 > 198.51.100.2:443 tcp, 38 bytes",
    ],
    ["UDP", `${MACS} 0800 ${IP4("11")} ${UDP}`, "198.51.100.1:53 > 198.51.100.2:40000 udp, 42 bytes"],
    [
      "UDP behind options of IPv4",
      `${MACS} 0800 ${IP4("11").replace("4500", "4600")} 01010101 ${UDP}`,
      "198.51.100.1:53 > 198.51.100.2:40000 udp, 46 bytes",
    ],
    [
      "a ping",
      `${MACS} 0800 ${IP4("01")} 08000000`,
      "198.51.100.1 > 198.51.100.2 icmp echo request, 38 bytes",
    ],
    [
      "an ICMP type without a name",
      `${MACS} 0800 ${IP4("01")} 2a000000`,
      "198.51.100.1 > 198.51.100.2 icmp type 42, 38 bytes",
    ],
    [
      "another protocol",
      `${MACS} 0800 ${IP4("59")} 00000000`,
      "198.51.100.1 > 198.51.100.2 protocol 89, 38 bytes",
    ],
    [
      "the first fragment",
      `${MACS} 0800 ${IP4("11", "2000")} ${UDP}`,
      "198.51.100.1:53 > 198.51.100.2:40000 udp fragment, 42 bytes",
    ],
    [
      "a later fragment",
      `${MACS} 0800 ${IP4("11", "2003")} ${UDP}`,
      "198.51.100.1 > 198.51.100.2 udp fragment, 42 bytes",
    ],
    [
      "VLAN tags",
      `${MACS} 88a8 0064 8100 200a 0800 ${IP4("11")} ${UDP}`,
      "vlan 100 vlan 10 198.51.100.1:53 > 198.51.100.2:40000 udp, 50 bytes",
    ],
    ["IPv6", `${MACS} 86dd ${IP6("11")} ${UDP}`, "[2001:db8::1]:53 > [2001:db8:0:1::2]:40000 udp, 62 bytes"],
    [
      "ICMPv6",
      `${MACS} 86dd ${IP6("3a")} 87000000`,
      "2001:db8::1 > 2001:db8:0:1::2 icmp6 neighbor solicitation, 58 bytes",
    ],
    [
      "IPv6 with extension headers",
      `${MACS} 86dd ${IP6("00")} 3c00000000000000 0600000000000000 ${TCP}`,
      "[2001:db8::1]:40000 > [2001:db8:0:1::2]:443 tcp syn, 90 bytes",
    ],
    [
      "a later fragment of IPv6",
      `${MACS} 86dd ${IP6("2c")} 1100000900000001 ${UDP}`,
      "2001:db8::1 > 2001:db8:0:1::2 udp fragment, 70 bytes",
    ],
    [
      "addresses of IPv6 that are all zeros, and that end in them",
      `${MACS} 86dd 60000000 0000 3b 40 ${"00".repeat(16)} fe80${"00".repeat(14)}`,
      ":: > fe80:: protocol 59, 54 bytes",
    ],
    [
      "an address of IPv6 whose groups end in zeros",
      `${MACS} 86dd 60000000 0000 3b 40 20100100000000010010000000000000 00010002000300040005000600070008`,
      "2010:100:0:1:10:: > 1:2:3:4:5:6:7:8 protocol 59, 54 bytes",
    ],
    [
      "a question of ARP",
      `ffffffffffff 525400000001 0806 0001 0800 06 04 0001 525400000001 c6336401 000000000000 c6336402`,
      "arp who has 198.51.100.2, tell 198.51.100.1, 42 bytes",
    ],
    [
      "an answer of ARP",
      `${MACS} 0806 0001 0800 06 04 0002 525400000001 c6336401 525400000002 c6336402`,
      "arp 198.51.100.1 is at 52:54:00:00:00:01, 42 bytes",
    ],
    [
      "another type of Ethernet",
      `${MACS} 88b5 1b5b324a`,
      "52:54:00:00:00:01 > 52:54:00:00:00:02 type 0x88b5, 18 bytes",
    ],
    [
      "IEEE 802.3",
      `0180c2000000 525400000001 0026 424203`,
      "52:54:00:00:00:01 > 01:80:c2:00:00:00 802.3, 17 bytes",
    ],
    ["IPv4 that is cut", `${MACS} 0800 4500`, "52:54:00:00:00:01 > 52:54:00:00:00:02 type 0x0800, 16 bytes"],
    [
      "IPv4 whose header is too short",
      `${MACS} 0800 ${IP4("11").replace("4500", "4100")}`,
      "52:54:00:00:00:01 > 52:54:00:00:00:02 type 0x0800, 34 bytes",
    ],
    ["half a header", "525400", "no whole Ethernet header, 3 bytes"],
    ["nothing", "", "no whole Ethernet header, 0 bytes"],
  ];
  for (const [name, hex, line] of cases)
    it(`tells ${name}`, () => {
      expect(describeFrame(Buffer.from(hex.replaceAll(" ", ""), "hex"))).to.equal(line);
    });

  it("has only letters, digits and a few signs, whatever a guest sends", () => {
    const types = fc.constantFrom("0800", "86dd", "0806", "8100", "88a8", "88b5");
    const frames = fc.tuple(types, fc.uint8Array({ maxLength: 120 })).map(([type, rest]) => {
      return Buffer.concat([Buffer.from(`${MACS.replace(" ", "")}${type}`, "hex"), rest]);
    });
    fc.assert(
      fc.property(
        fc.oneof(
          frames,
          fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
        ),
        (frame) => {
          expect(describeFrame(frame)).to.match(/^[a-z0-9 .,:>[\]]{1,200}$/i);
        },
      ),
      { seed: SEED, numRuns: 2000 },
    );
  });
});
