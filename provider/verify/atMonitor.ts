import { describePort } from "../schema/port";
import { type Evidence, NAMED, namesOf, plural, type Shown, silence, type Verdict } from "./evidence";
import type { LengthLimit } from "./probe";
import type { DestinationEnd, SourceEnd, Way } from "./tap";

/** A way to another host. */
type Long = Extract<Way, { header: number }>;

/** How the claims at the two ends disagree, so that copies do not have the tunnel id that the other end expects. */
function disagreement(
  { end }: Shown<DestinationEnd>,
  { end: { claim } }: Shown<SourceEnd>,
): string | undefined {
  if (end.claim === undefined || end.claim.tunnelId === claim.tunnelId) return undefined;
  return `the tunnel id is ${claim.tunnelId} in the claim of the source's host, and ${end.claim.tunnelId} in that of the monitor's`;
}

/** Whether copies reach the monitors' host, with the tunnel id that it expects. */
export function judgeTunnel({ source, destination, probe }: Evidence): Verdict {
  const { way } = source.end;
  if (way.kind === "local") return { verdict: "proved", detail: "the monitor is on the same host" };
  if (way.kind === "collector")
    return {
      verdict: "outside",
      detail: `copies leave by ${way.text}; whether they arrive cannot be seen from here`,
    };
  const there = destination as Shown<DestinationEnd>;
  const differing = disagreement(there, source);
  if (differing !== undefined) return { verdict: "wrong", host: there.host, detail: differing };
  if (probe === undefined)
    return { verdict: "unknown", detail: "no probe was sent, because something before this stage is wrong" };
  if (probe.outcome === "refused") return { verdict: "unknown", detail: probe.why };
  if (probe.outcome === "lost")
    return {
      verdict: "wrong",
      detail: `${plural(probe.sent, "probe")} sent by ${way.text} and none arrived on ${there.host}: look at routes and firewalls between the hosts' tunnel addresses`,
    };
  if (probe.tunnelId !== source.end.claim.tunnelId)
    return {
      verdict: "wrong",
      detail: `the probe arrived on ${there.host} with tunnel id ${probe.tunnelId}, not ${source.end.claim.tunnelId}`,
    };
  if (probe.cut !== undefined) return { verdict: "wrong", detail: tooLong(probe.cut, way, there.host) };
  return {
    verdict: "proved",
    detail: `a probe arrived by ${way.text} after ${probe.milliseconds} ms`,
  };
}

function tooLong({ longest, arrived }: LengthLimit, { text, header }: Long, there: string): string {
  if (arrived === undefined)
    return `copies have up to ${longest} bytes, and such do not arrive on ${there} by ${text}, though short ones do: its MTU is too small`;
  const mtu = `the way by ${text} has an MTU of ${arrived + header}`;
  const remedy = `Raise it, set snapLength to ${arrived} or less, or mtuPolicy "truncate"`;
  return `copies have up to ${longest} bytes, and those of more than ${arrived} do not arrive on ${there}: ${mtu}. ${remedy}`;
}

/** Whether the monitors get what arrives. */
export function judgeDelivery(evidence: Evidence): Verdict {
  const { source, destination, probe } = evidence;
  if (destination === undefined || "unseen" in destination)
    return { verdict: "outside", detail: "the collector is outside the cloud: check there what it received" };
  const { claim, service, monitors } = destination.end;
  if (claim === undefined) return { verdict: "wrong", detail: "the claim of the flow is missing there" };
  if (service === undefined)
    return { verdict: "wrong", detail: `the claim of ${source.end.claim.service} is missing there` };
  const silent = monitors.map(silence).filter((why) => why !== undefined);
  if (silent.length > 0)
    return {
      verdict: "wrong",
      detail: `monitor ${silent.slice(0, NAMED).join("; ")}: its VM is stopped, or its device is down`,
    };
  if (monitors.length < service.ports.length) {
    const wanted = service.ports.map(describePort).join(", ");
    return { verdict: "wrong", detail: `of the monitors ${wanted} only ${namesOf(monitors)} is plugged` };
  }
  if (probe?.outcome === "refused") return { verdict: "unknown", detail: probe.why };
  if (probe?.outcome === "lost" && source.end.way.kind === "local")
    return { verdict: "wrong", detail: "a probe that was injected into the tap bridge was not delivered" };
  if (probe?.outcome !== "arrived")
    return { verdict: "unknown", detail: "no probe arrived that could be delivered" };
  const given = probe.delivered === undefined ? "" : `; ${probe.delivered}`;
  return { verdict: "proved", detail: `${namesOf(monitors)} up, and what arrives goes there${given}` };
}
