import { integrationBridgeOf } from "../../provider/converge/access";
import { TaasError } from "../../provider/errors";
import { portsOf } from "../../provider/model/findPort";
import { isVmPort } from "../../provider/model/vmPort";
import { printableLine } from "../../provider/printable";
import type { Direction } from "../../provider/schema/flow";
import type { CommandSpec, Work } from "../command";
import { lookAtAll } from "../looks";
import { UsageError } from "../usageError";
import { packageVersion } from "../version";
import { install } from "./install";
import { addCaptureOptions, type CaptureOptions, DEFAULT_RATE, readWish, snapOf } from "./options";
import { writeCapture } from "./write";

interface Options extends CaptureOptions {
  extcapInterfaces?: true;
  extcapDlts?: true;
  extcapConfig?: true;
  extcapInterface?: string;
  extcapCaptureFilter?: string;
  capture?: true;
  fifo?: string;
  install?: string;
}

/** Options of Wireshark that this command ignores. */
const IGNORED = [
  "--extcap-version <version>",
  "--extcap-control-in <file>",
  "--extcap-control-out <file>",
  "--log-level <level>",
  "--log-file <file>",
];

/**
 * `extcap`: run by Wireshark and tshark to list ports as interfaces and to capture on them (doc/extcap.md of
 * Wireshark).
 */
export const extcap: CommandSpec<Options> = {
  name: "extcap",
  summary: "let Wireshark and tshark capture on the ports of the inventory",
  description: `Wireshark and tshark run this command to list the VM ports of the inventory as interfaces and to capture on them. --install writes
the program that they look for, with the hosts and options of this command line.`,
  examples: [
    "extcap --hosts hosts.json --install ~/.local/lib/wireshark/extcap",
    "extcap --hosts hosts.json --extcap-interfaces",
  ],
  // Wireshark shows an error of this command when it starts, and no error if there are no ports.
  hostNeed: "optional",
  lifetime: "service",
  configure(command) {
    command
      .option(
        "--install <folder>",
        "write the program into Wireshark's folder for extcap programs (Help, About, Folders)",
      )
      .option("--extcap-interfaces", "list the ports")
      .option("--extcap-interface <name>", "the port to use")
      .option("--extcap-dlts", "print its link type")
      .option("--extcap-config", "print its options")
      .option(
        "--extcap-capture-filter <expression>",
        "which frames to capture; without --capture, it is only checked",
      )
      .option("--capture", "capture")
      .option("--fifo <file>", "where to write the frames");
    for (const flags of IGNORED) command.option(flags, "accepted for Wireshark, without effect");
    addCaptureOptions(command);
  },
  check(options) {
    if (options.capture === true && options.fifo === undefined)
      throw new UsageError("--capture needs --fifo");
    readWish("port", "", options);
    snapOf(options);
  },
  async run(work) {
    const { options, output } = work;
    if (options.install !== undefined)
      output.line(
        `wrote ${install(options, options.install)}: Wireshark lists the ports after its next start`,
      );
    else if (options.extcapInterfaces === true) await listInterfaces(work);
    else if (options.extcapDlts === true) tell("dlt {number=1}{name=EN10MB}{display=Ethernet}");
    else if (options.extcapConfig === true) for (const line of configOf(options)) tell(line);
    else if (options.capture === true) return captureInterface(work, options.fifo!);
    else if (options.extcapCaptureFilter !== undefined) checkFilter(options.extcapCaptureFilter);
    else throw new UsageError("give --install, or leave it to Wireshark to run this command");
    return 0;
  },
};

/** The options that Wireshark offers before a capture, with those of the command line as defaults. */
function configOf({ direction = "both", rate = String(DEFAULT_RATE), snap = "0" }: CaptureOptions): string[] {
  const ways = Object.entries(DIRECTIONS).map(
    ([value, text]) => `value {arg=0}{value=${value}}{display=${text}}{default=${value === direction}}`,
  );
  return [
    "arg {number=0}{call=--direction}{display=Direction}{tooltip=As the VM sees it}{type=selector}",
    ...ways,
    `arg {number=1}{call=--rate}{display=Frames a second at most}{tooltip=0: all}{type=unsigned}{default=${rate}}`,
    `arg {number=2}{call=--snap}{display=Bytes kept of each frame}{tooltip=0: all}{type=unsigned}{default=${snap}}`,
  ];
}

const DIRECTIONS = {
  both: "Both",
  ingress: "Towards the VM (ingress)",
  egress: "From the VM (egress)",
} as const satisfies Record<Direction, string>;

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * The prefix of interface names; host and port follow it, encoded as in a URL, because Wireshark does not accept other
 * characters reliably.
 */
const PREFIX = "taas-";
const encode = (name: string) =>
  encodeURIComponent(name).replace(/[!'()*~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

/** The name that was encoded; empty where none was. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** A text that ends no field of an extcap sentence. */
function plain(text: string): string {
  return printableLine(text).replace(/[{}]/g, "_").slice(0, 200);
}

/** Wireshark discards the whole list of a program that exits with an error, so a host that cannot be read is none. */
async function listInterfaces({ context, hosts, output }: Work): Promise<void> {
  tell(`extcap {version=${packageVersion()}}{display=pulumi-taas: ports of Open vSwitch}`);
  const { looks } = await lookAtAll({
    context,
    hosts,
    output: {
      progress: (text) => output.progress(text),
      complain: (problem) =>
        problem instanceof TaasError ? output.notice(problem.message) : output.complain(problem),
    },
  });
  for (const { facts, record } of looks) {
    const ports = portsOf(facts, [integrationBridgeOf(record)]).filter(({ port }) => isVmPort(port, facts));
    const named = [...ports].sort((a, b) => (a.port.name < b.port.name ? -1 : 1));
    for (const { port, interface: nic } of named) {
      const vm = nic.externalIds["vm-uuid"] ?? nic.externalIds["vm-id"] ?? nic.externalIds["iface-id"];
      const about = [`${record.name} ${port.name}`, ...(vm === undefined ? [] : [`(${vm})`])].join(" ");
      const value = `${PREFIX}${encode(record.name)}:${encode(port.name)}`;
      if (value.length <= 200) tell(`interface {value=${value}}{display=${plain(about)}}`);
    }
  }
}

/** The host and the port of an interface. Throws a UsageError. */
function interfaceOf({ hosts }: Pick<Work, "hosts">, name: string | undefined) {
  const [, host = "", port = ""] = /^taas-([^:]+):([^:]+)$/.exec(name ?? "") ?? [];
  const record = hosts.find((one) => encode(one.name) === host);
  const decoded = decode(port);
  if (record === undefined || decoded === "")
    throw new UsageError(
      `there is no interface ${JSON.stringify(name ?? "")}; --extcap-interfaces lists them`,
    );
  return { record, port: decoded };
}

async function captureInterface(work: Work<Options>, fifo: string): Promise<0 | 1 | 2> {
  const { options } = work;
  const { record, port } = interfaceOf(work, options.extcapInterface);
  const expression = options.extcapCaptureFilter ?? "";
  const wish = { ...readWish("port", expression, options), port };
  const limits = { duration: undefined, count: undefined };
  await writeCapture(work, record, wish, { file: fifo, snapLength: snapOf(options), expression, ...limits });
  return 0;
}

/** Wireshark takes any output for the reason why the filter is invalid. */
function checkFilter(expression: string): void {
  try {
    readWish("port", expression, {});
  } catch (error) {
    tell((error as Error).message);
  }
}
