import type { HostRecord } from "../schema/host";
import { hasUnknown, UNKNOWN } from "../schema/unknown";
import type { Failure } from "../schema/validate";
import type { Names } from "./context";
import type { Properties } from "./resource";

/** An end has either one host or candidates. `other`: the argument that is accepted instead. */
export function oneOfHosts(values: Properties, other?: string): Failure[] {
  if (values.host !== undefined && values.hosts !== undefined) {
    return [
      { property: "hosts", reason: "give host, or hosts as candidates of which one has the port, not both" },
    ];
  }
  if (values.host !== undefined || values.hosts !== undefined) return [];
  const or = other === undefined ? "or hosts" : `or hosts, ${other}`;
  return [{ property: "host", reason: `this argument is required (${or})` }];
}

/** A host argument as `check` records it; an unknown stays unknown as a whole. */
function recordHost(names: Names, host: unknown): unknown {
  return hasUnknown(host) ? UNKNOWN : names.resolveHost(host);
}

/** The same for several hosts. */
export function recordHosts(names: Names, hosts: unknown): unknown {
  return Array.isArray(hosts) ? hosts.map((host) => recordHost(names, host)) : hosts;
}

/** The candidates of a resource's end: the one host, or several. None for a collector. */
export function candidatesOf(end: {
  host?: HostRecord | undefined;
  hosts?: HostRecord[] | undefined;
}): HostRecord[] {
  return end.hosts ?? (end.host === undefined ? [] : [end.host]);
}

/** The host or the candidates, resolved through the inventory. */
export function recordEnds(names: Names, values: Properties): Properties {
  return {
    ...(values.host === undefined ? {} : { host: recordHost(names, values.host) }),
    ...(values.hosts === undefined ? {} : { hosts: recordHosts(names, values.hosts) }),
  };
}

function addressOf(host: unknown): unknown {
  return typeof host === "object" && host !== null ? (host as HostRecord).address : host;
}

/** Whether a resource with one host is to be on another. */
export function isMoved(olds: Properties, news: Properties): boolean {
  if (olds.host === undefined || news.host === undefined) return false;
  return hasUnknown(news.host) || addressOf(olds.host) !== addressOf(news.host);
}

/** The host or the candidates of checked inputs. */
export function endsOf(inputs: Properties): Properties {
  const { host, hosts } = inputs;
  return { ...(host === undefined ? {} : { host }), ...(hosts === undefined ? {} : { hosts }) };
}
