import { createHash } from "node:crypto";
import { tapBridgeOf } from "../../../provider/converge/access";
import { outcomeOf } from "../../../provider/converge/draft";
import type { Edit } from "../../../provider/converge/edit";
import { FailedHosts } from "../../../provider/converge/failedHosts";
import type { Host } from "../../../provider/converge/host";
import { placeOf } from "../../../provider/converge/hosts";
import type { Look } from "../../../provider/converge/look";
import type { HostRecord } from "../../../provider/host/host";
import { resolveHost } from "../../../provider/host/inventory";
import { readClaims } from "../../../provider/model/readClaims";
import { writeClaim } from "../../../provider/plan/claims";
import type { Context } from "../../../provider/resource/context";
import type { Claim } from "../../../provider/schema/claim";
import { type ObservedPort, observed } from "../model/observed";

type Fields = Record<string, unknown>;

/** A context whose hosts can also be altered by hand. */
export interface MemoryHosts extends Context {
  /** Puts a value at a place of a stored claim. `address`: the host's. */
  rewrite(address: string, owner: string, path: readonly string[], value: unknown): void;
}

/** A host that is only a table of claims' texts, as OVSDB keeps them, and the VM ports that are plugged. */
class MemoryHost {
  private texts: Record<string, string> = {};
  private generation = 0;

  constructor(
    private readonly record: HostRecord,
    private readonly ports: readonly ObservedPort[],
    private readonly clock: () => number,
  ) {}

  look(record: HostRecord): Look {
    const { integrationBridge = "br-int" } = this.record;
    const row = {
      externalIds: { "taas-renderer": "1", ...this.texts },
      otherConfig: { "taas-generation": String(this.generation) },
    };
    const tap = { name: tapBridgeOf(this.record), ports: [], row };
    const bridges = [
      { name: integrationBridge, ports: [...this.ports] },
      ...(this.generation === 0 ? [] : [tap]),
    ];
    const number = createHash("sha256").update(placeOf(this.record)).digest().readUInt16BE();
    const facts = {
      ...observed(...bridges),
      machine: `machine ${placeOf(this.record)}`,
      externalIds: {
        "ovn-encap-ip": `10.0.${number >> 8}.${number & 255}`,
        "system-id": placeOf(this.record),
      },
    };
    const read = readClaims(facts, tap.name, record.name);
    return { record, bootId: "", facts, read, now: this.clock() };
  }

  submit(record: HostRecord, edit: Edit): ReadonlyMap<string, Claim> {
    const { facts, read, now } = this.look(record);
    const reject = (_: unknown, error: unknown): never => {
      throw error;
    };
    const { claims } = outcomeOf({ record, read, facts, edits: [edit], now, reject });
    this.write(claims);
    return claims;
  }

  confirm(record: HostRecord, claim: Claim): void {
    const claims = new Map(this.look(record).read.claims);
    this.write(claims.set(claim.owner, { ...claim, pending: undefined, replaces: undefined }));
  }

  /** Puts a value at a place of a claim's text, as somebody with ovs-vsctl would. */
  rewrite(owner: string, path: readonly string[], value: unknown): void {
    const key = `taas:${owner}`;
    const claim: Fields = JSON.parse(this.texts[key]!);
    const holder = path.slice(0, -1).reduce((inner, step) => inner[step] as Fields, claim);
    holder[path.at(-1)!] = value;
    this.texts[key] = JSON.stringify(claim);
  }

  private write(claims: ReadonlyMap<string, Claim>): void {
    this.generation++;
    this.texts = Object.fromEntries(
      [...claims].map(([owner, claim]) => [`taas:${owner}`, writeClaim(claim)]),
    );
  }
}

/**
 * A context whose hosts are kept in memory: each has the same VM ports, or those that it is given, a clock, and its claims as OVSDB would keep them, written and
 * read as those of a real host. Rules are not there; no host says what addresses it has, and nothing that is asked of one by a command is refused.
 */
export function memoryHosts(
  ports: readonly ObservedPort[] | ((record: HostRecord) => readonly ObservedPort[]),
  clockOf: (record: HostRecord) => number = () => Date.now(),
): MemoryHosts {
  const hosts = new Map<string, MemoryHost>();
  const open = (record: HostRecord) => {
    const plugged = typeof ports === "function" ? ports(record) : ports;
    const host = hosts.get(placeOf(record)) ?? new MemoryHost(record, plugged, () => clockOf(record));
    hosts.set(placeOf(record), host);
    return {
      record,
      look: async () => host.look(record),
      inspect: async () => ({ ...host.look(record), differences: [] }),
      submit: async (edit: Edit) => ({ claims: host.submit(record, edit) }),
      confirm: async (claim: Claim) => host.confirm(record, claim),
      underlay: async () => undefined,
      now: async () => clockOf(record),
      use: async () => [],
    } as unknown as Host;
  };
  return {
    resolveHost: (host) => resolveHost(host as string, {}),
    presentHost: (record) => record,
    claimedHost: async (record) => record,
    open,
    rewrite: (address, ...rest) => hosts.get(placeOf({ name: address, address }))!.rewrite(...rest),
    warn: () => undefined,
    failed: new FailedHosts(),
    close: async () => undefined,
  };
}
