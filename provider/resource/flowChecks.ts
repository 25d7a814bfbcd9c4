import { hasEnded } from "../model/ended";
import { flowRules } from "../model/rules";
import { flowArgs, flowComputed } from "../schema/flow";
import type { ServiceRef } from "../schema/service";
import type { TunnelRef } from "../schema/tunnel";
import { hasUnknown, UNKNOWN } from "../schema/unknown";
import { type Failure, validate } from "../schema/validate";
import { checksOf } from "./checks";
import type { Names } from "./context";
import { candidatesOf, endsOf, oneOfHosts, recordEnds } from "./ends";
import { isMember, membersMissing } from "./members";
import type { CheckResult, Checks, Properties } from "./resource";
import { ENDED, isEnded } from "./status";

/** Validates a TapFlow's arguments, and adds `tunnelId` and `rules` to the inputs. */
function checkFlow(names: Names, olds: Properties, news: Properties): CheckResult {
  const { values, failures } = validate(flowArgs, news, flowComputed);
  // What was given counts, valid or not, so that an invalid argument is not reported as missing as well.
  failures.push(...oneOfHosts(news), ...oneOfPorts(news));
  if (failures.length > 0) return { inputs: values, failures };
  const service = values.service as ServiceRef | typeof UNKNOWN;
  const inputs: Properties = {
    ...values,
    ...recordEnds(names, values),
    tunnelId: hasUnknown(service) ? UNKNOWN : (service as ServiceRef).tunnelId,
  };
  inputs.rules = flowRules(inputs as Parameters<typeof flowRules>[0]);
  return { inputs, failures: [...contradictions(inputs), ...misplaced(inputs), ...tooLate(olds, inputs)] };
}

/** A new flow must end in the future. An existing flow that has ended may stay in its program, also if it is replaced. */
function tooLate(olds: Properties, { until }: Properties): Failure[] {
  if (Object.keys(olds).length > 0 || until === undefined || hasUnknown(until)) return [];
  if (!hasEnded({ until: until as string }, Date.now())) return [];
  const reason = `${until} is in the past: give a later moment, or delete the tap from the program`;
  return [{ property: "until", reason, isQuoting: true }];
}

/** A flow taps one port, or selects ports on one host. */
function oneOfPorts({ port, ports, hosts }: Properties): Failure[] {
  if (port === undefined && ports === undefined)
    return [{ property: "port", reason: "this argument is required (or ports)" }];
  if (ports === undefined) return [];
  if (port !== undefined)
    return [{ property: "ports", reason: "give port, or ports to select several, not both" }];
  if (hosts === undefined) return [];
  return [{ property: "hosts", reason: "ports are selected on one host: give host, and each host a flow" }];
}

function contradictions(inputs: Properties): Failure[] {
  const { transport, tunnel, service, filter, defaultAction } = inputs;
  const failures: Failure[] = [];
  if (transport === "shared" && tunnel !== undefined) {
    failures.push({
      property: "tunnel",
      reason:
        'transport "shared" uses the production tunnels: leave tunnel out, or use transport "dedicated"',
    });
  }
  if (!hasUnknown(service) && (service as ServiceRef).collector !== undefined) {
    for (const [property, given] of Object.entries({
      tunnel,
      transport: transport === "shared" ? transport : undefined,
    })) {
      if (given !== undefined)
        failures.push({
          property,
          reason: "copies are sent to a collector directly, not through a mirror tunnel",
        });
    }
  }
  if (defaultAction !== undefined && typeof filter === "string" && !hasUnknown(filter)) {
    failures.push({
      property: "defaultAction",
      reason:
        "an expression decides about every frame and copies only what it matches: leave defaultAction out",
    });
  }
  if (
    defaultAction === "reject" &&
    (filter === undefined || (Array.isArray(filter) && filter.length === 0))
  ) {
    failures.push({
      property: "defaultAction",
      reason: "without filter rules it rejects every copy; use enabled: false to stop copies",
    });
  }
  return failures;
}

/**
 * An explicit tunnel must have both ends of the flow as members; with candidates, at least one that may have the port.
 */
function misplaced(inputs: Properties): Failure[] {
  const given = endsOf(inputs);
  if (inputs.tunnel === undefined || hasUnknown([inputs.tunnel, given, inputs.service])) return [];
  const tunnel = inputs.tunnel as TunnelRef;
  const sources = candidatesOf(given);
  const destinations = candidatesOf(inputs.service as ServiceRef);
  const shared = sources.some(({ address }) => destinations.some((host) => host.address === address));
  if (destinations.length === 0 || shared) return [];
  return [sources, destinations]
    .filter((hosts) => !hosts.some((host) => isMember(tunnel, host)))
    .map((hosts) => ({ property: "tunnel", reason: membersMissing(tunnel, hosts) }));
}

const checks = checksOf(flowArgs, checkFlow);

/**
 * Whether the engine asks if a flow must be deleted before its service, which is itself deleted before it is replaced.
 * It then passes the recorded inputs with an unknown service. In a preview with an unknown service, `check` has made
 * what follows from the service unknown as well. A collector's service has no claim, so its flows stay. So does a flow
 * that has ended, because it copies nothing any more.
 */
function isServiceCondemned(olds: Properties, { service, tunnelId }: Properties): boolean {
  if (isEnded(olds.status)) return false;
  if (!hasUnknown(service) || hasUnknown(tunnelId)) return false;
  return (olds.service as ServiceRef).collector === undefined;
}

/**
 * The checks of a TapFlow. When it ends, that is a change, once: what is left of it is deleted. It is replaced only with
 * its service, because the service's claim takes those of its flows with it.
 */
export const flowChecks: Checks = {
  ...checks,
  diff(olds, news) {
    const { until } = news;
    const isDue = typeof until === "string" && !hasUnknown(until) && hasEnded({ until }, Date.now());
    const result = checks.diff(olds, news);
    const changes = result.changes || (isDue && olds.status !== ENDED);
    return { ...result, changes, replaces: isServiceCondemned(olds, news) ? ["service"] : [] };
  },
};
