import { arp, icmp, tcp, udp } from "../../lab/frames";
import type { Vm } from "../../lab/vm";
import { between } from "../copies/traffic";

/** What two VMs say to each other on one pair of ports: a frame each way. */
export interface Conversation {
  there: Buffer;
  back: Buffer;
}

let count = 0;

/** As many conversations of each kind as asked for: TCP and UDP, over IPv4 and IPv6. Every frame is like no other. */
export function conversations(a: Vm, b: Vm, each: number): Conversation[] {
  const six = (vm: Vm) => `2001:db8::${vm.ip.split(".")[3]}`;
  const address = (from: Vm, to: Vm, version: 4 | 6) =>
    version === 4 ? between(from, to) : { ...between(from, to), sourceIp: six(from), destinationIp: six(to) };
  const kinds = [
    { build: tcp, version: 4 },
    { build: udp, version: 4 },
    { build: tcp, version: 6 },
    { build: udp, version: 6 },
  ] as const;
  return kinds.flatMap(({ build, version }) =>
    Array.from({ length: each }, (_, index): Conversation => {
      const [near, far] = [40_000 + index, 443];
      const payload = () => Buffer.from(`conversation ${++count}`);
      return {
        there: build({
          ...address(a, b, version),
          sourcePort: near,
          destinationPort: far,
          payload: payload(),
        }),
        back: build({
          ...address(b, a, version),
          sourcePort: far,
          destinationPort: near,
          payload: payload(),
        }),
      };
    }),
  );
}

/** Conversations without ports: a ping and its answer, an ARP request and its answer. */
export function portless(a: Vm, b: Vm): Conversation[] {
  const ends = (from: Vm, to: Vm) => ({
    senderMac: from.mac,
    senderIp: from.ip,
    targetMac: to.mac,
    targetIp: to.ip,
  });
  const payload = Buffer.from(`ping ${++count}`);
  return [
    {
      there: icmp({ ...between(a, b), type: 8, payload }),
      back: icmp({ ...between(b, a), type: 0, payload }),
    },
    {
      there: arp(between(a, b), { operation: 1, ...ends(a, b) }),
      back: arp(between(b, a), { operation: 2, ...ends(b, a) }),
    },
  ];
}
