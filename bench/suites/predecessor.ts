import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { repositoryRoot } from "../../test/engine/fixtureProject";
import { run } from "../../test/lab/command";
import { BROADCAST, ethernet, udp } from "../../test/lab/frames";
import type { LabHost } from "../../test/lab/host";
import { type Lab, startLab } from "../../test/lab/lab";
import { between } from "../../test/lab/vm";
import { type Extent, type Figure, roundsOf, type Section, speedFigure } from "../figure";
import { Handlers } from "../handlers";
import { interleave, median, type Pairs, ratioOf, timed } from "../measure";
import { ruleCount, takenIn, throughput } from "../packets";

const TITLE = "Against the predecessor's own driver (Debian's python3-neutron-taas), on one host";
const PYTHON = "/usr/bin/python3";
/** As many operations at a time as the CLI asks for on this machine with two processors. */
const AT_A_TIME = 8;
/** Frames that the host surely takes in at once. */
const BURST = 20;
const VLAN_OF_SERVICE = 3900;
/** Ours is on host 1, the predecessor's on host 2; names of VMs end in the host's number. */
const OURS = 1;
const THEIRS = 2;

interface Source {
  port: string;
  id: string;
  mac: string;
}

/** Taps ports of a host into its monitor; resolves with the milliseconds it took. */
type Setup = (sources: readonly Source[]) => Promise<number>;

/** Installs the package where it is not; false where it is not to be had. A smoke run installs nothing. */
async function isInstalled(extent: Extent): Promise<boolean> {
  const probe = async () => (await run([PYTHON, "-c", "import neutron_taas"])).exitCode === 0;
  if ((await probe()) || extent === "smoke") return probe();
  const install = "apt-get update -q && apt-get install -q -y --no-install-recommends python3-neutron-taas";
  const options = { timeoutMs: 900_000 };
  await run(["env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", install], options).catch(() => {});
  return probe();
}

/** Plugs ports that lead nowhere, as the cloud describes those of VMs. */
async function plugPorts(host: LabHost, count: number): Promise<Source[]> {
  const sources = Array.from({ length: count }, (_, index): Source => {
    const hex = index.toString(16).padStart(4, "0");
    const mac = `fa:16:3e:01:${hex.slice(0, 2)}:${hex.slice(2)}`;
    return { port: `p${index}`, id: `00000000-0000-4000-8000-00000000${hex}`, mac };
  });
  await host.ovsVsctl(
    sources.flatMap(({ port, id, mac }) => [
      ["add-port", "br-int", port, "tag=10"],
      ["set", "Interface", port, "type=patch", `options:peer=${port}-no`],
      ["set", "Interface", port, `external_ids:iface-id=${id}`, `external_ids:attached-mac="${mac}"`],
    ]),
  );
  return sources;
}

function ourSetup(handlers: Handlers): Setup {
  const service = handlers.check("TapService", "ids1", { host: "host1", port: "tap-ids1" });
  return async (sources) => {
    const waiting = sources.map(({ port, id }) =>
      handlers.check("TapFlow", port, { service: service.ref, host: "host1", port: { ifaceId: id } }),
    );
    return timed(async () => {
      await handlers.create("TapService", service);
      const work = async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
          await handlers.create("TapFlow", next);
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, work));
    });
  };
}

function theirSetup(lab: Lab): Setup {
  const script = join(repositoryRoot(), "bench/predecessor.py");
  return async (sources) => {
    const wanted = { monitor: lab.vm("ids2").ifaceId, id: VLAN_OF_SERVICE, sources };
    const options = { input: JSON.stringify(wanted), timeoutMs: 300_000 };
    const { stdout, stderr, exitCode } = await lab.host(THEIRS).run([PYTHON, script], options);
    if (exitCode !== 0) throw new Error(`the predecessor's driver failed: ${stderr}`);
    return JSON.parse(stdout).seconds * 1000;
  };
}

/** Takes everything off a host that the setup made. */
async function clear(host: LabHost): Promise<void> {
  await host.ovs(`ovs-vsctl clear Bridge br-int mirrors -- --if-exists del-br br-tap
for port in $(ovs-vsctl list-ports br-int | grep -E '^(mi-|patch-int-tap)'); do ovs-vsctl del-port "$port"; done
ovs-vsctl --if-exists del-port patch-tun-tap`);
  await host.replaceFlows("br-int", ["table=0,priority=0,actions=NORMAL"]);
}

/** Production's and the copies' packets a second at a frame size. */
async function measureThroughput(lab: Lab, size: number, extent: Extent): Promise<Figure[]> {
  const rounds = roundsOf(extent, 5);
  const count = extent === "full" ? 50_000 : 1000;
  const measure = (host: number) => async () => {
    const [from, to, ids] = ["web", "db", "ids"].map((name) => lab.vm(`${name}${host}`));
    const payload = Buffer.alloc(size - 42);
    const frame = udp({ ...between(from!, to!), sourcePort: 5000, destinationPort: 5001, payload });
    // The switch then knows where it is, and floods nothing.
    await to!.send([udp({ ...between(to!, from!), sourcePort: 5001, destinationPort: 5000 })]);
    frame.writeUInt16BE(0, 40); // every frame has another payload, so none has a checksum
    return throughput(from!, frame, count, [to!, ids!]);
  };
  const seen = { ours: [] as number[][], theirs: [] as number[][] };
  for (let round = 0; round < rounds; round++) {
    seen.theirs.push(await measure(THEIRS)());
    seen.ours.push(await measure(OURS)());
  }
  return ["production", "copies"].map((what, index): Figure => {
    const pairs: Pairs = {
      ours: seen.ours.map((each) => each[index]!),
      baseline: seen.theirs.map((each) => each[index]!),
    };
    const shown = (values: number[]) => `${(median(values) / 1000).toFixed(1)} kpps`;
    return {
      what: `${what} of one tapped VM, frames of ${size} bytes`,
      ours: shown(pairs.ours),
      baseline: shown(pairs.baseline),
      ratio: ratioOf(pairs),
    };
  });
}

/** How many of an untapped VM's broadcasts, on a VLAN without taps, get into the tap bridge. */
async function leaks(lab: Lab, host: number, count: number): Promise<number> {
  const other = lab.vm(`other${host}`);
  const frame = ethernet({ source: other.mac, destination: BROADCAST }, 0x88b5, Buffer.alloc(60));
  await sleep(2000); // what came before has been counted by then
  const before = await takenIn(lab.host(host));
  for (let sent = 0; sent < count; sent += BURST) {
    await other.send(Array.from({ length: BURST }, () => frame));
    await sleep(50);
  }
  await sleep(2000);
  return (await takenIn(lab.host(host))) - before;
}

/** The same taps by the predecessor's driver and by ours: time, rules, throughput, leaks. */
export async function measurePredecessor(extent: Extent): Promise<Section[]> {
  if (!(await isInstalled(extent))) {
    const note = "skipped: the package python3-neutron-taas is not installed and not to be had here";
    return [{ title: TITLE, figures: [], notes: [note] }];
  }
  const taps = extent === "full" ? 100 : 5;
  const rounds = roundsOf(extent, 3);
  const vms = [OURS, THEIRS].flatMap((host) => [
    ...["web", "db", "ids"].map((name) => ({ name: `${name}${host}`, host, vlan: 10 })),
    { name: `other${host}`, host, vlan: 20 },
  ]);
  const lab = await startLab({ hosts: 2, vms });
  try {
    const [ours, theirs] = [lab.host(OURS), lab.host(THEIRS)];
    const sources = async (host: LabHost) => {
      const { port, ifaceId: id, mac } = lab.vm(`web${host.number}`);
      return [...(await plugPorts(host, taps - 1)), { port, id, mac }];
    };
    const [ourSources, theirSources] = [await sources(ours), await sources(theirs)];
    const setups = { ours: ourSetup(new Handlers(lab.sshConfig)), theirs: theirSetup(lab) };
    const rulesBefore = [await ruleCount(ours), await ruleCount(theirs)] as const;
    const again = async (host: LabHost) => {
      await clear(host);
      if (host === ours) await lab.vm("ids1").plug();
    };
    const pairs = await interleave(
      rounds,
      async (round) => {
        if (round > 0) await again(ours);
        return setups.ours(ourSources);
      },
      async (round) => {
        if (round > 0) await again(theirs);
        return setups.theirs(theirSources);
      },
    );
    const rules = [
      (await ruleCount(ours)) - rulesBefore[0],
      (await ruleCount(theirs)) - rulesBefore[1],
    ] as const;
    const broadcasts = 1000;
    const leaked = [await leaks(lab, OURS, broadcasts), await leaks(lab, THEIRS, broadcasts)] as const;
    return [
      {
        title: TITLE,
        figures: [
          speedFigure(`${taps} taps into one monitor, times as fast`, pairs),
          countFigure("OpenFlow rules needed", rules),
          ...(await measureThroughput(lab, 64, extent)),
          ...(await measureThroughput(lab, 1400, extent)),
          countFigure(`of ${broadcasts} broadcasts of an untapped VM, how many enter br-tap`, leaked),
        ],
        notes: [
          `the predecessor's driver runs on the host itself, ours over SSH, ${AT_A_TIME} operations at a time`,
          "kpps: thousands of packets a second that arrive while one VM sends as fast as it can",
        ],
      },
    ];
  } finally {
    await lab.stop();
  }
}

function countFigure(what: string, [ours, theirs]: readonly [number, number]): Figure {
  return {
    what,
    ours: String(ours),
    baseline: String(theirs),
    ratio: theirs === 0 ? Number.NaN : ours / theirs,
  };
}
