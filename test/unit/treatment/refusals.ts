import { expect } from "chai";
import { tapFlow } from "../../../provider/resource/flow";
import type { CheckResult, Properties, Resource } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import { mirrorTunnel } from "../../../provider/resource/tunnel";
import { createContext } from "../../../provider/runtime";
import { readSettings } from "../../../provider/settings";

/** What check makes of arguments, which come over the wire as JSON. */
export function check(resource: Resource, args: Properties, olds: Properties = {}): CheckResult {
  const context = createContext(
    readSettings(() => undefined),
    () => {},
  );
  return resource.check(context, olds, JSON.parse(JSON.stringify({ ...args, owner: "o/p/s/x" })));
}

/** Declares a test: these arguments are refused for one reason, at this property, in these words. */
function refuses(resource: Resource, what: string, args: Properties, property: string, reason: RegExp): void {
  it(`refuses ${what}`, () => {
    const { failures } = check(resource, args);
    expect(failures.map((failure) => failure.property)).to.deep.equal([property]);
    expect(failures[0]!.reason).to.match(reason);
  });
}

const service = {
  format: 1,
  owner: "o/p/s/ids",
  tunnelId: 7,
  attachment: "tap-bridge",
  host: { name: "host2", address: "host2" },
};
const { host: _, ...outside } = service;

/** Arguments of a TapFlow that are right. */
export const flow = { service, host: "host1", port: "tap-web" };

/** Arguments of a TapFlow into a collector that are right. */
export const collected = {
  ...flow,
  service: {
    ...outside,
    attachment: "collector",
    collector: { address: "192.0.2.200", type: "gre", udpPort: 0, keys: { ingress: 7, egress: 7 } },
  },
};

/** A mirror tunnel as a TapFlow takes it. */
export const tunnel = {
  format: 1,
  owner: "o/p/s/t",
  hosts: [
    { name: "host1", address: "host1" },
    { name: "host2", address: "host2" },
  ],
  mode: "pair",
  type: "vxlan",
  udpPort: 5_555,
  localIps: [],
};

/** Declares a test of a TapFlow with these arguments besides right ones. */
export function flowRefuses(what: string, args: Properties, property: string, reason: RegExp): void {
  refuses(tapFlow, what, { ...flow, ...args }, property, reason);
}

/** Declares a test of a TapService with these arguments alone. */
export function serviceRefuses(what: string, args: Properties, property: string, reason: RegExp): void {
  refuses(tapService, what, args, property, reason);
}

/** Declares a test of a TapService with this collector. */
export function collectorRefuses(what: string, collector: Properties, reason: RegExp): void {
  refuses(tapService, what, { collector: { address: "192.0.2.200", ...collector } }, "collector", reason);
}

/** Declares a test of a MirrorTunnel between two hosts with these arguments. */
export function tunnelRefuses(what: string, args: Properties, property: string, reason: RegExp): void {
  refuses(mirrorTunnel, what, { hosts: ["host1", "host2"], ...args }, property, reason);
}
