import { defaultTunnelId } from "../model/identity";
import { serviceRules } from "../model/rules";
import { type CollectorInput, completeCollector } from "../schema/collector";
import { defaultOf, type Options } from "../schema/options";
import { monitorOptions, serviceArgs, serviceComputed } from "../schema/service";
import { hasUnknown, UNKNOWN } from "../schema/unknown";
import { type Failure, validate } from "../schema/validate";
import { checksOf } from "./checks";
import type { Names } from "./context";
import { endsOf, isMoved, oneOfHosts, recordEnds } from "./ends";
import type { CheckResult, Checks, DiffResult, Properties } from "./resource";

/** Arguments that only make sense for a monitor on a host. */
const MONITOR_ONLY = ["host", "hosts", "port", "ports", "distribution", "attachment"];

/**
 * Checks what was given, valid or not, so that an invalid argument is not reported as missing as well. Defaults
 * contradict nothing. Except between host and hosts, neither does an unknown, which may turn out to be absent or a
 * default.
 */
function contradictions(given: Properties): Failure[] {
  const options: Options = monitorOptions;
  const isCertain = ([name, value]: [string, unknown]) =>
    value !== UNKNOWN && (!Object.hasOwn(options, name) || value !== defaultOf(options[name]!));
  const certain: Properties = Object.fromEntries(Object.entries(given).filter(isCertain));
  if (given.collector !== undefined) {
    return MONITOR_ONLY.filter((property) => certain[property] !== undefined).map((property) => ({
      property,
      reason: "a collector is outside the cloud: give either collector, or host with port or ports",
    }));
  }
  const failures: Failure[] = [];
  failures.push(...oneOfHosts(given, "or collector"));
  if (given.port === undefined && given.ports === undefined) {
    failures.push({ property: "port", reason: "this argument is required (or ports, or collector)" });
  }
  if (certain.port !== undefined && certain.ports !== undefined) {
    failures.push({ property: "ports", reason: "give port for one monitor or ports for several, not both" });
  }
  if (certain.distribution !== undefined && given.ports === undefined) {
    failures.push({
      property: "distribution",
      reason: "distribution says how several monitors share copies: give ports",
    });
  }
  return failures;
}

/** Validates a TapService's arguments, and adds `tunnelId`, `ref` and `rules` to the inputs. */
function checkService(names: Names, olds: Properties, news: Properties): CheckResult {
  const { values, failures } = validate(serviceArgs, news, serviceComputed);
  failures.push(...contradictions(news));
  if (failures.length > 0) return { inputs: values, failures };
  const owner = values.owner as string;
  const tunnelId = values.tunnelId ?? olds.tunnelId ?? defaultTunnelId(owner);
  const outside = values.collector !== undefined;
  const attachment = outside ? "collector" : values.attachment;
  const inputs: Properties = {
    ...values,
    ...recordEnds(names, values),
    tunnelId,
  };
  const ref = {
    format: 1,
    owner,
    tunnelId,
    attachment,
    ...(outside ? { collector: complete(values.collector, tunnelId) } : endsOf(inputs)),
    ...(values.tenant === undefined ? {} : { tenant: values.tenant }),
  };
  inputs.ref = hasUnknown(ref) ? UNKNOWN : ref;
  inputs.rules = serviceRules({
    ...inputs,
    attachment,
    collector: (ref as Properties).collector,
  } as Parameters<typeof serviceRules>[0]);
  return { inputs, failures: [] };
}

function complete(collector: unknown, tunnelId: unknown): unknown {
  if (hasUnknown([collector, tunnelId])) return UNKNOWN;
  return completeCollector(collector as CollectorInput, tunnelId as number);
}

const inPlace = checksOf(serviceArgs, checkService);

/**
 * Another host replaces the service, and so does a change between a collector and monitors; with candidates, it moves
 * in place.
 */
function diff(olds: Properties, news: Properties): DiffResult {
  const update = inPlace.diff(olds, news);
  const outside = (olds.collector === undefined) !== (news.collector === undefined);
  const replaces = [...(isMoved(olds, news) ? ["host"] : []), ...(outside ? ["collector"] : [])];
  return replaces.length > 0 ? { ...update, changes: true, replaces } : update;
}

/** The checks of a TapService. */
export const serviceChecks: Checks = { ...inPlace, diff };
