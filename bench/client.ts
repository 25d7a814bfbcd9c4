import { readFileSync } from "node:fs";
import { Client, type ClientChannel } from "ssh2";
import { OvsdbClient } from "../provider/ovs/ovsdbClient";
import type { Lab } from "../test/lab/lab";

/** Where root logs in, with the path of a private key. */
export interface Login {
  port: number;
  identity: string;
}

/** A bare SSH connection to a host of a lab, without the ways this package has to make and keep one. */
export class BareClient {
  private constructor(private readonly client: Client) {}

  /** Connects to a host of a lab. */
  static connect(lab: Lab, host: number): Promise<BareClient> {
    return BareClient.login({ port: lab.host(host).sshPort, identity: lab.ssh.identity });
  }

  /** Connects and logs in. */
  static async login({ port, identity }: Login): Promise<BareClient> {
    const client = new Client();
    await new Promise<void>((resolve, reject) => {
      client.once("ready", resolve).once("error", reject);
      const privateKey = readFileSync(identity);
      client.connect({ host: "127.0.0.1", port, username: "root", privateKey });
    });
    client.setNoDelay(true);
    return new BareClient(client);
  }

  /** Starts a command. */
  start(line: string): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      this.client.exec(line, (error, channel) => (error ? reject(error) : resolve(channel)));
    });
  }

  /** Runs a command that must succeed; resolves with what it prints. */
  exec(line: string, input = ""): Promise<string> {
    return new Promise((resolve, reject) => {
      this.client.exec(line, (error, channel) => {
        if (error) return reject(error);
        // At once: all that there is of a short command may have come already.
        let [output, errors, code] = ["", "", -1];
        channel.on("data", (chunk: Buffer) => (output += chunk.toString()));
        channel.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
        channel.on("exit", (exit: number) => (code = exit));
        channel.once("close", () =>
          code === 0 ? resolve(output) : reject(new Error(`${line}: exit code ${code}: ${errors}`)),
        );
        channel.end(input);
      });
    });
  }

  /** Opens a unix socket on the host. */
  openSocket(path: string): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      this.client.openssh_forwardOutStreamLocal(path, (error, channel) =>
        error ? reject(error) : resolve(channel),
      );
    });
  }

  /** Opens the host's OVSDB. `timeoutMs`: of each request. */
  async openOvsdb(timeoutMs?: number): Promise<OvsdbClient> {
    const stream = await this.openSocket("/var/run/openvswitch/db.sock");
    return new OvsdbClient({ kind: "stream", stream }, { timeoutMs });
  }

  close(): void {
    this.client.end();
  }
}

/** A shell that stays open and takes one script after another. */
export class Shell {
  private text = "";
  private waiting: (() => void) | undefined;
  private count = 0;

  constructor(private readonly channel: ClientChannel) {
    channel.on("data", (chunk: Buffer) => {
      this.text += chunk.toString();
      this.waiting?.();
    });
  }

  /** Runs a script that must succeed; resolves with what it prints. */
  async run(script: string, input = ""): Promise<string> {
    const mark = `end-${++this.count}-of-script`;
    this.channel.write(`{ ${script}\n} <<'${mark}'\n${input}${mark}\necho "${mark} $?"\n`);
    for (;;) {
      const end = this.text.match(new RegExp(`^${mark} (\\d+)\n`, "m"));
      if (end !== null) {
        const output = this.text.slice(0, end.index);
        this.text = "";
        if (end[1] !== "0") throw new Error(`${script}: exit code ${end[1]}`);
        return output;
      }
      await new Promise<void>((resolve) => (this.waiting = resolve));
    }
  }
}
