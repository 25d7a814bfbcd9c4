import type { Capture } from "../../lab/capture";
import type { Lab } from "../../lab/lab";

/** A frame as a tunnel carries it between two hosts. */
export interface Carried {
  /** Underlay addresses of its ends. */
  from: string;
  to: string;
  tunnelId: number;
  frame: Buffer;
}

const [ETHERNET, IPV4, UDP, HEADER] = [14, 20, 8, 8];

function address(bytes: Buffer): string {
  return bytes.join(".");
}

function ends(packet: Buffer): { from: string; to: string } {
  return { from: address(packet.subarray(26, 30)), to: address(packet.subarray(30, 34)) };
}

/** What VXLAN or Geneve tunnels on a UDP port carried; both have eight bytes of header, Geneve as long as it has no options. */
export function carriedOnPort(capture: Capture, udpPort = 14789): Carried[] {
  return capture.frames
    .filter((packet) => packet.readUInt8(23) === 17 && packet.readUInt16BE(36) === udpPort)
    .map((packet) => {
      const header = packet.subarray(ETHERNET + IPV4 + UDP);
      return { ...ends(packet), tunnelId: header.readUIntBE(4, 3), frame: header.subarray(HEADER) };
    });
}

/** What GRE tunnels with keys carried. */
export function carriedByGre(capture: Capture): Carried[] {
  return capture.frames
    .filter((packet) => packet.readUInt8(23) === 47)
    .map((packet) => {
      const header = packet.subarray(ETHERNET + IPV4);
      return { ...ends(packet), tunnelId: header.readUInt32BE(4), frame: header.subarray(HEADER) };
    });
}

/** Runs `traffic` and resolves with a finished capture of each host's underlay, in the order of hosts. */
export async function watchUnderlay(lab: Lab, traffic: () => Promise<unknown>, nic = 1): Promise<Capture[]> {
  const captures = await Promise.all(lab.hosts.map((host) => host.captureUnderlay(nic)));
  await traffic();
  await Promise.all(captures.map((capture) => capture.stop()));
  return captures;
}

/** Lets the switch between the hosts learn where each is, so that it floods nothing: what a host's card sees is for that host. */
export async function learnUnderlay(lab: Lab): Promise<void> {
  const nics = lab.hosts.flatMap((host) => host.nics.map((nic, index) => ({ host, nic, index })));
  await Promise.all(
    nics.map(async ({ host, nic, index }) => {
      const next = lab.hosts[host.number % lab.hosts.length]!.nics[index]!;
      await host.ovs(`ping -c 1 -W 5 -I ${nic.address} ${next.address}`);
    }),
  );
}
