import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { execa, type ResultPromise } from "execa";
import { Driver, type Made } from "../../driver/driver";
import { repositoryRoot } from "../../engine/fixtureProject";
import { type Lab, startLab } from "../../lab/lab";
import { Stream } from "../../lab/stream";
import { requireProgram } from "../../lacking";
import { isWhole } from "../../sample";
import { MAIN } from "../claimsCommand";
import { startPrometheus } from "./prometheus";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("alert rules", () => {
  it("are accepted by promtool, and fire when they should", async function () {
    requireProgram(this, "promtool");
    const rules = join(repositoryRoot(), "docs/monitoring/alerts.yml");
    await execa("promtool", ["check", "rules", rules]);
    const cases = join(repositoryRoot(), "test/integration/metrics/alertRules.yml");
    await execa("promtool", ["test", "rules", cases]);
  });
});

describe("pulumi-taas metrics", () => {
  let lab: Lab;
  let driver: Driver;
  let flow: Made;
  let service: Made;
  let stream: Stream;
  let running: ResultPromise;
  let url: string;
  let prometheus: Awaited<ReturnType<typeof startPrometheus>> | undefined;

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1, vlan: 10 },
        { name: "db", host: 1, vlan: 10 },
        { name: "ids", host: 2, vlan: 20 },
      ],
    });
    driver = new Driver(lab);
    service = await driver.service("ids", { host: "host2", port: "tap-ids" });
    flow = await driver.flow("web", service, flowArgs());
    stream = await Stream.start({ from: lab.vm("web"), to: lab.vm("db"), pps: 200 });
    const words = ["metrics", "--host", "host1", "--host", "host2", "--ssh-config", lab.sshConfig];
    running = execa("node", [MAIN, ...words, "--listen", "127.0.0.1:0", "--timeout", "5"], {
      reject: false,
    });
    const [line] = (await once(createInterface({ input: running.stdout! }), "line")) as [string];
    url = /^metrics of 2 hosts: (\S+)$/.exec(line)![1]!;
  });

  after(async () => {
    await prometheus?.stop();
    running?.kill("SIGKILL");
    await stream?.stop();
    await lab.stop();
  });

  const flowArgs = () => ({ host: "host1", port: "tap-web", direction: "egress" });

  /** The lines of the page without their `# HELP` and `# TYPE`, as values by series. */
  async function scrape(from = url): Promise<Map<string, number>> {
    const text = await (await fetch(from)).text();
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(lines.map((line) => [line.replace(/ \S+$/, ""), Number(/ (\S+)$/.exec(line)![1])]));
  }

  const series = (name: string, host: string, made: Made, label = "flow") =>
    `${name}{${label}="${made.outputs.owner}",host="${host}"}`;

  /** Scrapes until what a series counts is above a value; rules count with a delay of up to two seconds. */
  async function scrapeWhen(name: string, above: number, from = url): Promise<Map<string, number>> {
    for (let turn = 0; turn < 40; turn++) {
      const page = await scrape(from);
      if ((page.get(name) ?? 0) > above) return page;
      await sleep(250);
    }
    throw new Error(`${name} does not count`);
  }

  it("counts copies from the source to the monitor, over one connection a host", async () => {
    const page = await scrapeWhen(
      series("taas_service_delivered_packets_total", "host2", service, "service"),
      100,
    );
    expect(page.get('taas_host_up{host="host1"}')).to.equal(1);
    expect(page.get(series("taas_flow_matched_packets_total", "host1", flow))).to.be.greaterThan(100);
    const drift = [...page].filter(([name]) => name.startsWith("taas_drift"));
    expect(drift.map(([, value]) => value)).to.deep.equal([0, 0, 0]);
    const { stdout } = await execa("ss", ["-Htnp", "state", "established"]);
    const ports = [lab.host(1).sshPort, lab.host(2).sshPort];
    const connections = stdout
      .split("\n")
      .filter(
        (line) =>
          line.includes(`pid=${running.pid},`) && ports.some((port) => line.includes(`127.0.0.1:${port} `)),
      );
    expect(connections).to.have.length(2);
  });

  it("continues to count when the rules of a flow change", async () => {
    const name = series("taas_flow_copied_packets_total", "host1", flow);
    const before = (await scrape()).get(name)!;
    await driver.update(flow, {
      service: service.outputs.ref,
      ...flowArgs(),
      filter: [{ action: "accept", protocol: "udp" }],
    });
    const after = (await scrape()).get(name)!;
    expect(after).to.be.at.least(before);
    await scrapeWhen(name, after);
  });

  it("says when the flow was proved, and that none of its stages is wrong", async () => {
    const words = ["metrics", "--host", "host1", "--host", "host2", "--ssh-config", lab.sshConfig];
    const verifying = execa("node", [MAIN, ...words, "--listen", "127.0.0.1:0", "--verify", "10"], {
      reject: false,
    });
    try {
      const [line] = (await once(createInterface({ input: verifying.stdout! }), "line")) as [string];
      const name = series("taas_flow_proved_timestamp_seconds", "host1", flow);
      const page = await scrapeWhen(name, 0, line.split(" ").at(-1));
      expect(Date.now() / 1000 - page.get(name)!).to.be.within(0, 60);
      const stages = [...page].filter(([one]) => one.startsWith("taas_flow_stage_wrong"));
      expect(stages.map(([, value]) => value)).to.deep.equal([0, 0, 0, 0, 0]);
    } finally {
      verifying.kill("SIGTERM");
    }
    expect((await verifying).stderr).to.equal("");
  });

  it("has a real Prometheus say which stage is broken, and nothing while all is well", async function () {
    requireProgram(this, "prometheus");
    this.timeout(180_000);
    prometheus = await startPrometheus(lab.directory, await freePort(), new URL(url).host);
    const { query, queryWhen } = prometheus;
    const isAbove = (value: number) => (samples: { value: [number, string] }[]) =>
      samples.length === 1 && Number(samples[0]!.value[1]) > value;
    await queryWhen("rate(taas_service_delivered_packets_total[4s])", isAbove(100));
    await queryWhen("rate(taas_flow_copied_packets_total[4s])", isAbove(100));
    expect(await query("taas_host_up == 1")).to.have.length(2);
    expect(await query("ALERTS")).to.deep.equal([]);
    if (isWhole) {
      await sleep(60_000);
      expect(Number((await query('count_over_time(up{job="taas"}[1m])'))[0]!.value[1])).to.be.above(100);
      expect((await query('min_over_time(up{job="taas"}[1m])')).map(({ value }) => value[1])).to.deep.equal([
        "1",
      ]);
      expect(await query("count_over_time(ALERTS[1m])")).to.deep.equal([]);
    }
    await lab.host(2).ovs("ovs-ofctl -O OpenFlow14 del-flows br-tap table=2");
    const fired = await queryWhen('ALERTS{alertstate="firing"}', (samples) => {
      const names = samples.map(({ metric }) => metric.alertname);
      return names.includes("TaasDrift") && names.includes("TaasCopiesNotDelivered");
    });
    for (const { metric } of fired) {
      expect(metric.alertname).to.be.oneOf(["TaasDrift", "TaasCopiesNotDelivered"]);
      if (metric.alertname === "TaasDrift") expect(metric.host).to.equal("host2");
      else expect(metric.service).to.equal(service.outputs.owner);
    }
    await prometheus.stop();
    prometheus = undefined;
  });

  it("waits no longer for a host that hangs than it is told to, and reports that it is down", async () => {
    const signal = (name: string) =>
      lab.host(2).ovs(`kill -${name} $(cat /run/openvswitch/ovs-vswitchd.pid)`);
    await signal("STOP");
    try {
      const began = performance.now();
      const page = await scrape();
      expect(performance.now() - began).to.be.lessThan(20_000);
      expect([1, 2].map((n) => page.get(`taas_host_up{host="host${n}"}`))).to.deep.equal([1, 0]);
      expect([...page.keys()].filter((name) => name.includes('"host2"'))).to.have.length(2);
    } finally {
      await signal("CONT");
    }
    const back = await scrapeWhen('taas_host_up{host="host2"}', 0);
    expect(back.get('taas_host_up{host="host1"}')).to.equal(1);
  });

  it("ends when it is told to, and has reported why a host was not read", async () => {
    running.kill("SIGTERM");
    const { exitCode, stderr } = await running;
    expect(exitCode).to.equal(143);
    expect(stderr).to.equal(
      "host host2: it did not answer within 5 s. Check its load and the connection to it\nhost host2 can be read again",
    );
  });
});
