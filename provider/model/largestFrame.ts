import type { FoundPort } from "./findPort";
import { TAG_BYTES, vlanClass } from "./vlanClass";

/** Bytes of an Ethernet header. */
export const ETHERNET = 14;

/** The tapped port with the largest frames, and how much of a tag remains on its copies. */
interface Largest {
  name: string;
  tag: number;
  /** Undefined if no port reports its MTU. */
  bytes: number | undefined;
}

/** The tapped port with the largest frames; undefined if none is plugged. */
export function largestOf(ports: readonly FoundPort[]): Largest | undefined {
  const all = ports.map(({ port, interface: { mtu } }): Largest => {
    const tag = vlanClass(port).kind === "strip" ? 0 : TAG_BYTES;
    return { name: port.name, tag, bytes: mtu === undefined ? undefined : mtu + ETHERNET + tag };
  });
  return all.sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0) || b.tag - a.tag)[0];
}
