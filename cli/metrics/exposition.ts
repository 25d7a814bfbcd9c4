import { Counter, Gauge, Registry } from "prom-client";
import { MIRROR_LIMIT } from "../../provider/model/groups";
import { isOurObject } from "../../provider/model/identity";
import { printableLine } from "../../provider/printable";
import { receivesOn } from "../../provider/statistics/receives";
import { faultsOf, type Seen, type Survey } from "../../provider/survey/survey";
import { type Definition, METRICS, type MetricName } from "./definitions";
import type { Proof, Proofs } from "./proofs";
import { type Counts, Totals } from "./totals";

type Labels = Record<string, string>;

/** The metrics of hosts in Prometheus's format. Totals are kept from one survey to the next. */
export class Exposition {
  private readonly registry = new Registry();
  private readonly metrics = new Map<MetricName, Counter | Gauge>();
  private readonly totals = new Map<string, Totals>();

  constructor() {
    for (const [name, { type, help, labels }] of Object.entries(METRICS) as [MetricName, Definition][]) {
      const options = { name, help, labelNames: labels, registers: [this.registry] };
      this.metrics.set(name, type === "counter" ? new Counter(options) : new Gauge(options));
    }
  }

  /** The media type of the text. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** What surveys of all hosts, and proofs of their flows, come to, as text. Of a host that was not seen it says no more than that. */
  text(surveys: readonly Survey[], proofs?: Pick<Proofs, "flows" | "verifiedAt">): Promise<string> {
    this.registry.resetMetrics();
    for (const survey of surveys) {
      const { record, seconds, seen } = survey;
      this.set("taas_host_up", { host: record.name }, seen === undefined ? 0 : 1);
      this.set("taas_host_survey_seconds", { host: record.name }, seconds);
      if (seen !== undefined) this.tell(record.name, seen, surveys);
    }
    if (proofs?.verifiedAt !== undefined) this.tellProofs(proofs.verifiedAt, proofs.flows);
    return this.registry.metrics();
  }

  private tell(host: string, seen: Seen, surveys: readonly Survey[]): void {
    this.tellHost(host, seen);
    this.tellClaims(host, seen, surveys);
    this.tellCounters(host, seen);
  }

  private tellHost(host: string, { inspection }: Seen): void {
    const { record, facts, differences } = inspection;
    const labels = { host, address: record.address, ovs_version: facts.version ?? "" };
    this.set("taas_host_info", labels, 1);
    this.set("taas_host_differences", { host }, differences.length);
    for (const { name: bridge, mirrors } of facts.bridges) {
      const foreign = mirrors.flatMap((uuid) => facts.mirrors[uuid] ?? []).filter((row) => !isOurObject(row));
      this.set("taas_mirrors", { bridge, host }, mirrors.length);
      this.set("taas_foreign_mirrors", { bridge, host }, foreign.length);
      this.set("taas_mirrors_limit", { bridge, host }, MIRROR_LIMIT);
    }
  }

  private tellClaims(host: string, seen: Seen, surveys: readonly Survey[]): void {
    for (const claim of seen.inspection.read.claims.values()) {
      const { owner, kind, tenant = "" } = claim;
      const isSound = faultsOf(claim, seen, surveys).length === 0;
      this.set("taas_drift", { resource: owner, kind, host }, isSound ? 0 : 1);
      if (claim.kind !== "flow" || claim.source === undefined) continue;
      this.set("taas_flow_info", { flow: owner, service: claim.service, tenant, host }, 1);
    }
  }

  private tellCounters(host: string, { statistics, inspection }: Seen): void {
    const totals = this.totals.get(host) ?? new Totals();
    this.totals.set(host, totals);
    const { claims } = inspection.read;
    const receives = receivesOn(claims, inspection.facts.machine);
    const { flows, services, tunnels, errors } = totals.add(statistics, receives, (owner) =>
      claims.has(owner),
    );
    for (const [flow, counts] of flows) this.count("flow", { flow, host }, counts);
    for (const [service, counts] of services) this.count("service", { service, host }, counts);
    for (const [tunnel, counts] of tunnels) this.count("tunnel", { tunnel, host }, counts);
    for (const [tunnel, count] of errors) this.set("taas_tunnel_errors_total", { tunnel, host }, count);
    for (const { portName: tunnel, type, localIp, remoteIp } of statistics.tunnels)
      this.set("taas_tunnel_info", { tunnel, type, local_ip: localIp, remote_ip: remoteIp, host }, 1);
  }

  private tellProofs(verifiedAt: number, flows: Iterable<Proof>): void {
    this.set("taas_verified_timestamp_seconds", {}, verifiedAt);
    for (const { flow, host, provedAt, stages } of flows) {
      this.set("taas_flow_proved_timestamp_seconds", { flow, host }, provedAt);
      for (const { stage, verdict } of stages)
        this.set("taas_flow_stage_wrong", { flow, stage, host }, verdict === "wrong" ? 1 : 0);
    }
  }

  private count(kind: "flow" | "service" | "tunnel", labels: Labels, counts: Counts): void {
    for (const [name, { packets, bytes }] of Object.entries(counts)) {
      this.set(`taas_${kind}_${name}_packets_total` as MetricName, labels, packets);
      this.set(`taas_${kind}_${name}_bytes_total` as MetricName, labels, bytes);
    }
  }

  /** Sets a metric. Hosts may tell more than any number here can hold. */
  private set(name: MetricName, labels: Labels, value: number): void {
    const shown = Object.fromEntries(Object.entries(labels).map(([key, text]) => [key, printableLine(text)]));
    this.metrics.get(name)!.inc(shown, Number.isFinite(value) ? value : Number.MAX_SAFE_INTEGER);
  }
}
