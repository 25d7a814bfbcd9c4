import { Capture } from "./capture.js";
import { must } from "./command.js";
import { neighbourLine } from "./datapath.js";
import { type LabFrame, type LabHost, underlayNamespace } from "./host.js";
import { createNetwork, enterNetwork, SILENCE_IPV6 } from "./network.js";
import type { Place } from "./place.js";

const NAME = "collector";
const MAC = "02:00:00:00:0c:01";
const ADDRESS6 = "2001:db8::c8";

/** The shell line that tells a host with IPv6 where the collector is, if there is one. */
export const COLLECTOR_LINE = neighbourLine("br-phy", ADDRESS6, MAC);

/** A machine on the underlay that is none of the hosts. It listens and says nothing, not even ARP: the hosts know its MAC address. */
export class Collector {
  /** Its IPv4 address, 192.0.2.200. */
  readonly address = "192.0.2.200";
  /** Its IPv6 address, for hosts that `giveIpv6` has given one. */
  readonly address6 = ADDRESS6;
  readonly mac = MAC;
  private readonly place: Place;

  private constructor(lab: LabFrame) {
    const enter = enterNetwork(lab.enter, `taas-${lab.id}-${NAME}`);
    this.place = { enter, agent: lab.agent, interface: "eth0", label: NAME };
  }

  /** Plugs it into the hosts' first network, and tells them where it is. */
  static async start(lab: LabFrame, hosts: readonly LabHost[]): Promise<Collector> {
    const collector = new Collector(lab);
    const [inside, outside] = [`taas-${lab.id}-${NAME}`, underlayNamespace(lab)];
    const ends = [
      { namespace: inside, name: "eth0", mac: MAC },
      { namespace: outside, name: NAME },
    ] as const;
    await createNetwork(lab.enter, [inside], [{ ends: [...ends], mtu: lab.underlayMtu }]);
    const { place, address } = collector;
    // A frame of its own lets the switch learn where it is, so that nothing for it is flooded.
    const hello = `\\xff\\xff\\xff\\xff\\xff\\xff\\x${MAC.replaceAll(":", "\\x")}\\x88\\xb5`;
    const greet = `import socket; s = socket.socket(17, 3); s.bind(("eth0", 0)); s.send(b"${hello}" + bytes(46))`;
    await Promise.all([
      must([...enterNetwork(lab.enter, outside), "ip", "link", "set", NAME, "master", "switch1", "up"]),
      must([...place.enter, "bash", "-c", `${SILENCE_IPV6}; ip link set eth0 up`]),
      ...hosts.map((host) => host.ovs(neighbourLine("br-phy", address, MAC))),
    ]);
    await must([...place.enter, "/usr/bin/python3", "-I", "-S", "-c", greet]);
    return collector;
  }

  /** Captures what reaches it from now on. */
  capture(): Promise<Capture> {
    return Capture.start(this.place, "in");
  }
}
