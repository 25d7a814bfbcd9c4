import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A directory with keys, and the files a client needs for the servers started in it. */
export interface Workshop {
  path: string;
  /** The key that servers let in. */
  identity: string;
  file(name: string, content: string): string;
  /** Servers started in it that may still run. */
  servers: SshServer[];
  /** Stops the servers and removes the directory. */
  remove(): Promise<void>;
}

/** One sshd on 127.0.0.1, with configuration and keys of its own. */
export interface SshServer {
  port: number;
  /** `ssh-ed25519 AAAA...` */
  hostKey: string;
  /** Paths of the private host keys, in the order of `keyTypes`. */
  keyFiles: string[];
  /** Process id of the listening sshd. */
  pid: number;
  /** A line for known_hosts. */
  knownHostsLine: string;
  log(): string;
  stop(): Promise<void>;
}

/** What differs from the usual server. */
export interface SshServerOptions {
  /** Lines of sshd_config that come first, so that they win. */
  config?: string[];
  /** Key types of the host; default ed25519. */
  keyTypes?: string[];
  /** Command before sshd, such as one that makes a mount namespace. */
  wrapper?: string[];
}

/** Makes a workshop with a fresh client key. */
export function makeWorkshop(): Workshop {
  const path = mkdtempSync(join(tmpdir(), "taas-sshd-"));
  const identity = join(path, "identity");
  makeKey(identity, "ed25519");
  writeFileSync(join(path, "authorized_keys"), readFileSync(`${identity}.pub`));
  return {
    path,
    identity,
    file(name, content) {
      writeFileSync(join(path, name), content, { mode: 0o600 });
      return join(path, name);
    },
    servers: [],
    async remove() {
      await Promise.all(this.servers.map((server) => server.stop()));
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Makes a key pair with ssh-keygen. */
export function makeKey(path: string, type: string, passphrase = ""): void {
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", "test", "-f", path]);
}

let servers = 0;

/** Starts a server and waits until it answers. */
export async function startSshServer(workshop: Workshop, options: SshServerOptions = {}): Promise<SshServer> {
  servers += 1;
  const number = servers;
  const port = await freePort();
  const keys = (options.keyTypes ?? ["ed25519"]).map((type) => {
    const path = join(workshop.path, `host-${number}-${type}`);
    makeKey(path, type);
    return path;
  });
  const config = workshop.file(
    `sshd_config-${number}`,
    `${[
      ...(options.config ?? []),
      "ListenAddress 127.0.0.1",
      `Port ${port}`,
      ...keys.map((key) => `HostKey ${key}`),
      `AuthorizedKeysFile ${join(workshop.path, "authorized_keys")}`,
      `SetEnv HOME=${workshop.path}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin prohibit-password",
      "PidFile none",
      "LogLevel VERBOSE",
    ].join("\n")}\n`,
  );
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const [command, ...argv] = [...(options.wrapper ?? []), "/usr/sbin/sshd", "-D", "-e", "-f", config];
  const child = spawn(command!, argv, { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await waitUntil(() => log.includes("Server listening") || child.exitCode !== null);
  if (child.exitCode !== null) throw new Error(`sshd did not start: ${log}`);
  const hostKey = readFileSync(`${keys[0]}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  const server = {
    port,
    hostKey,
    keyFiles: keys,
    pid: child.pid!,
    knownHostsLine: `[127.0.0.1]:${port} ${hostKey}`,
    log: () => log,
    stop: () => stop(child, ended),
  };
  workshop.servers.push(server);
  return server;
}

/** Waits until something holds, at most twenty seconds: a busy machine takes long to start a process. */
export async function waitUntil(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2000; tries += 1) {
    if (holds()) return;
    await sleep(10);
  }
  throw new Error("it did not come true within twenty seconds");
}

/** A TCP port on 127.0.0.1 that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  cutSessions(child.pid!);
  child.kill("SIGTERM");
  await ended;
}

/** Kills the sessions of the server with this process id, so that its connections break. */
export function cutSessions(listener: number): void {
  for (const pid of safeSessionsOf(listener)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {}
  }
}

/** The processes below one. */
export function sessionsOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);
  return children.flatMap((child) => [child, ...safeSessionsOf(child)]);
}

/** Whether a command with these words runs below a server. */
export function isRunning(listener: number, words: string): boolean {
  return safeSessionsOf(listener).some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").join(" ").trim() === words;
    } catch {
      return false;
    }
  });
}

function safeSessionsOf(pid: number): number[] {
  try {
    return sessionsOf(pid);
  } catch {
    return [];
  }
}
