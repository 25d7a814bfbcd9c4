import { type Lab, startLab } from "../lab/lab";
import { Stream } from "../lab/stream";
import { type LabConsole, startLabConsole } from "./consoleLab";

const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** VMs that talk, one with three vNICs, and two that sensors run in. */
const CAST = [
  ...vnics("web", "9b1d3c0a-0001-4000-8000-000000000001", 3),
  { name: "db", host: 3, vlan: 10 },
  { name: "mail", host: 1, vlan: 20 },
  { name: "ids", host: 2, vlan: 20 },
  { name: "sensor", host: 3, vlan: 20 },
];

function vnics(name: string, vmUuid: string, count: number) {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return numbers.map((index) => ({ name: `${name}${index}`, host: 1, vlan: 10, vmUuid }));
}

/** Resolves when somebody asks the process to end. */
function interruption(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.on(signal, () => resolve());
  });
}

/** What the VMs say to each other, for as long as the console runs. */
function startTraffic(lab: Lab): Promise<Stream[]> {
  const pairs: [string, string, number][] = [
    ["web0", "db", 40],
    ["web1", "db", 20],
    ["db", "web0", 30],
  ];
  return Promise.all(
    pairs.map(([from, to, pps]) => Stream.start({ from: lab.vm(from), to: lab.vm(to), pps, port: 443 })),
  );
}

async function main(): Promise<void> {
  const ended = interruption();
  process.stderr.write("A lab of three hosts, VMs that talk, and a console on them; Ctrl-C ends it.\n");
  const lab = await startLab({ hosts: 3, vms: CAST });
  let console: LabConsole | undefined;
  let traffic: Stream[] = [];
  try {
    console = await startLabConsole(lab, { port: Number(process.env.TAAS_CONSOLE_PORT ?? 0) });
    traffic = await startTraffic(lab);
    process.stderr.write(`It edits ${console.file}, by ${console.deployer.engine}.\n`);
    process.stdout.write(`${console.url}\n`);
    await ended;
  } finally {
    await Promise.allSettled(traffic.map((stream) => stream.stop()));
    await console?.close();
    await lab.stop();
  }
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`console: ${error.message}\n`);
    process.exit(1);
  },
);
