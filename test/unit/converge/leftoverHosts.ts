import type { Edit } from "../../../provider/converge/edit";
import { FailedHosts } from "../../../provider/converge/failedHosts";
import type { Look } from "../../../provider/converge/look";
import { writer } from "../../../provider/converge/run";
import { TaasError } from "../../../provider/errors";
import { type Claim, claim as claimSchema } from "../../../provider/schema/claim";

/** The owner of the claims, unless a test names another. */
export const OWNER = "o/p/s/MirrorTunnel/mesh";
/** The fields of every claim, which this user has just written. */
export const base = { format: 1, token: "t", writer: writer(), time: new Date().toISOString(), owner: OWNER };
const record = (host: number) => ({ name: `host${host}`, address: `192.0.2.${host}` });
/** The end of a resource on a host, by the host's number. */
export const end = (host: number) => ({ machine: `m${host}`, host: record(host) });
/** The source of a flow or a capture. */
export const source = { port: "web", integrationBridge: "br-int" };
/** The fields of a tunnel's claim. */
export const tunnel = {
  ...{ kind: "tunnel", integrationBridge: "br-int", mode: "mesh", type: "vxlan", udpPort: 14789 },
  ...{ local: "192.0.2.1", peers: [{ machine: "m2", name: "host2", remote: "192.0.2.2" }] },
};
/** The fields of a flow's claim. */
export const flow = {
  ...{ ...base, owner: "o/p/s/TapFlow/web", kind: "flow", service: "o/p/s/TapService/ids", tunnelId: 7 },
  ...{ destination: "m1", source },
};
/** Of a run that is over. */
export const left = { pending: "another-run" };

/** A claim with these fields. */
export function claimed(fields: object): Claim {
  return claimSchema.parse({ ...base, elsewhere: [end(2)], ...fields });
}

/** Hosts, by number, with their claims; one without is out of reach. */
export class Hosts {
  readonly warnings: string[] = [];
  /** The hosts that were looked at, each time. */
  readonly asked: string[] = [];
  /** What hosts refuse every change with. */
  readonly refusals: Record<string, TaasError> = {};
  private readonly claims = new Map<string, Map<string, Claim>>();

  constructor(hosts: Record<number, readonly object[]>) {
    for (const [host, fields] of Object.entries(hosts))
      this.claims.set(`host${host}`, new Map(fields.map(claimed).map((one) => [one.owner, one])));
  }

  readonly reach = {
    open: ({ name }: { name: string }) => ({
      look: async () => {
        this.asked.push(name);
        return this.look(name);
      },
      submit: async (edit: Edit) => {
        if (this.refusals[name] !== undefined) throw this.refusals[name];
        edit.apply(this.at(name));
        return { claims: this.at(name) };
      },
    }),
    claimedHost: async (host: unknown) => host,
    warn: (message: string) => this.warnings.push(message),
    failed: new FailedHosts(),
  } as never;

  look(name: string): Look {
    const facts = { machine: name.replace("host", "m"), externalIds: {} };
    return { record: { name, address: name }, facts, read: { claims: this.at(name) } } as unknown as Look;
  }

  /** The first claim of a host, as an operation that looked there found it. */
  found(host: number) {
    return this.allFound(host)[0]!;
  }

  /** All claims of a host. */
  allFound(host: number) {
    const seen = this.look(`host${host}`);
    return [...this.at(`host${host}`).values()].map((claim) => ({ seen, claim }));
  }

  /** The claims that the hosts have, by host: each with its token and whether it is pending. */
  get now(): Record<string, string> {
    const text = ({ token, pending }: Claim) => `${token} ${pending === undefined ? "confirmed" : "pending"}`;
    return Object.fromEntries(
      [...this.claims].map(([host, claims]) => [host, [...claims.values()].map(text).join()]),
    );
  }

  private at(name: string): Map<string, Claim> {
    const claims = this.claims.get(name);
    if (claims === undefined) throw new TaasError("no route", { code: "unreachable", host: name });
    return claims;
  }
}
