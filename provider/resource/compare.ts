import type { HostRecord } from "../host/host";
import { hasUnknown } from "../schema/unknown";

/** What of a host is the user's wish for the data path; how it is reached never makes a difference. */
function hostKey(host: unknown): unknown {
  if (typeof host !== "object" || host === null) return host;
  const { address, tunnelIp, integrationBridge, tapBridge, tunnelBridge, keeper } = host as HostRecord;
  return { address, tunnelIp, integrationBridge, tapBridge, tunnelBridge, keeper: keeper ?? false };
}

/** JSON with sorted keys and no undefined: equal text, equal value. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** A property for comparison: hosts in it reduced to what counts, also inside references. */
export function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  if ("address" in value && "name" in value) return hostKey(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, comparable(inner)]));
}

/** Names of the properties whose wish differs between the recorded outputs and the new inputs. */
export function changedProperties(
  olds: Record<string, unknown>,
  news: Record<string, unknown>,
  properties: readonly string[],
): string[] {
  return properties.filter(
    (property) =>
      hasUnknown(news[property]) ||
      canonical(comparable(olds[property] ?? null)) !== canonical(comparable(news[property] ?? null)),
  );
}
