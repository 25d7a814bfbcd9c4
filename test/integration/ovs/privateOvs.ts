import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { plainArgv } from "../../../provider/host/script";
import type { Run } from "../../../provider/ovs/channel";

const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
const BOOT_MS = 10_000;

/** Columns that the database has besides those of the installed release, as a later one's would: their types by table. */
type MoreColumns = Record<string, Record<string, object>>;

/**
 * An Open vSwitch of a test's own: database, sockets and logs in a temporary directory, its userspace datapath in an
 * unnamed network namespace that ends with the process. The machine's own Open vSwitch is not touched. Ports are of
 * type `dummy`: `appctl("netdev-dummy/receive", port, flow)` lets a packet in.
 */
export class PrivateOvs {
  /** Path of ovsdb-server's socket. */
  readonly socket: string;
  /** Runs a command with this Open vSwitch as its default one. */
  readonly run: Run;
  private readonly processes = new Map<string, ChildProcess>();

  private constructor(private readonly directory: string) {
    this.socket = join(directory, "db.sock");
    this.run = (command, options) =>
      execute(plainArgv(command), this.environment(), options?.input, options?.timeoutMs);
  }

  static async start(more: MoreColumns = {}): Promise<PrivateOvs> {
    const ovs = new PrivateOvs(await mkdtemp(join(tmpdir(), "taas-ovs-")));
    try {
      const database = join(ovs.directory, "conf.db");
      await ovs.output("ovsdb-tool", "create", database, await ovs.schema(more));
      await ovs.launch("ovsdb-server", ["ovsdb-server", database, `--remote=punix:${ovs.socket}`]);
      await ovs.output("ovs-vsctl", "--no-wait", "init");
      await ovs.startVswitchd();
      return ovs;
    } catch (error) {
      await ovs.stop();
      throw error;
    }
  }

  async startVswitchd(): Promise<void> {
    const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
    const daemon = ["ovs-vswitchd", `unix:${this.socket}`, "--enable-dummy", "--disable-system"];
    await this.launch("ovs-vswitchd", ["unshare", "--net", ...user, ...daemon]);
  }

  async stopVswitchd(): Promise<void> {
    await this.end("ovs-vswitchd");
  }

  /** Lets ovs-vswitchd hang, as one that is overloaded would. */
  pauseVswitchd(): void {
    this.processes.get("ovs-vswitchd")?.kill("SIGSTOP");
  }

  resumeVswitchd(): void {
    this.processes.get("ovs-vswitchd")?.kill("SIGCONT");
  }

  /** Ends both daemons and removes the directory. */
  async stop(): Promise<void> {
    for (const name of [...this.processes.keys()].reverse()) await this.end(name);
    await rm(this.directory, { recursive: true, force: true });
  }

  /** A new connection to ovsdb-server. */
  async connect(): Promise<Duplex> {
    const socket = connect(this.socket);
    await once(socket, "connect");
    return socket;
  }

  vsctl(...args: string[]): Promise<string> {
    return this.output("ovs-vsctl", "--timeout=5", ...args);
  }

  ofctl(...args: string[]): Promise<string> {
    return this.output("ovs-ofctl", "-O", "OpenFlow14", "--timeout=5", ...args);
  }

  appctl(...args: string[]): Promise<string> {
    return this.output("ovs-appctl", "--timeout=5", "-t", this.control("ovs-vswitchd"), ...args);
  }

  /** Writes the installed schema with more columns; returns its path. */
  private async schema(more: MoreColumns): Promise<string> {
    const { cksum, ...schema } = JSON.parse(await readFile(SCHEMA, "utf8"));
    for (const [table, columns] of Object.entries(more)) Object.assign(schema.tables[table].columns, columns);
    const path = join(this.directory, "vswitch.ovsschema");
    await writeFile(path, JSON.stringify(schema));
    return path;
  }

  private async output(...argv: string[]): Promise<string> {
    const result = await this.run(argv);
    if (result.exitCode === 0) return result.stdout;
    throw new Error(`${argv.join(" ")}: ${result.exitCode}: ${result.stderr}`);
  }

  private environment(): NodeJS.ProcessEnv {
    const { directory } = this;
    return { ...process.env, OVS_RUNDIR: directory, OVS_DBDIR: directory, OVS_LOGDIR: directory };
  }

  private control(name: string): string {
    return join(this.directory, `${name}.ctl`);
  }

  /** Starts a daemon that goes when the test process does, however that ends. */
  private async launch(name: string, command: string[]): Promise<void> {
    const log = join(this.directory, `${name}.log`);
    const options = [`--unixctl=${this.control(name)}`, "--no-chdir", "-vconsole:off", `--log-file=${log}`];
    const child = spawn("setpriv", ["--pdeathsig", "TERM", ...command, ...options], {
      env: this.environment(),
      stdio: "ignore",
    });
    this.processes.set(name, child);
    const deadline = Date.now() + BOOT_MS;
    while (!existsSync(this.control(name))) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`${name} did not start: ${await readFile(log, "utf8").catch(() => "no log")}`);
      }
      await sleep(10);
    }
  }

  private async end(name: string): Promise<void> {
    const child = this.processes.get(name);
    this.processes.delete(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGCONT");
    child.kill("SIGTERM");
    await gone;
  }
}

function execute(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string | undefined,
  timeoutMs: number | undefined,
): ReturnType<Run> {
  const child = spawn(argv[0]!, argv.slice(1), { env, timeout: timeoutMs ?? 20_000 });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // A command may end without reading its input.
  child.stdin.on("error", () => {}).end(input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ stdout, stderr, exitCode: code ?? -1 }));
  });
}
