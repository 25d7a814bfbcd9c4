import type { Failure } from "../schema/validate";
import { type Names, recordHost, recordHosts } from "./context";
import type { Properties } from "./resource";

/** An end has one host, or candidates, never both. `other`: what else would do. */
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

/** The host or the candidates, resolved through the inventory. */
export function recordEnds(names: Names, values: Properties): Properties {
  return {
    ...(values.host === undefined ? {} : { host: recordHost(names, values.host) }),
    ...(values.hosts === undefined ? {} : { hosts: recordHosts(names, values.hosts) }),
  };
}

/** The host or the candidates of checked inputs. */
export function endsOf(inputs: Properties): Properties {
  const { host, hosts } = inputs;
  return { ...(host === undefined ? {} : { host }), ...(hosts === undefined ? {} : { hosts }) };
}
