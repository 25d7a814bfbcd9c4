import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./command";
import { packetsOf, pcap } from "./pcap";

/** libpcap, by way of tcpdump, with a capture file of some frames. */
export class Libpcap {
  private constructor(private readonly directory: string) {}

  static async of(frames: readonly Buffer[]): Promise<Libpcap> {
    const libpcap = new Libpcap(await mkdtemp(join(tmpdir(), "taas-libpcap-")));
    await writeFile(libpcap.file("all"), pcap(frames));
    return libpcap;
  }

  /**
   * The places of the frames that an expression takes. Throws where libpcap refuses it for another reason than that it takes none.
   * libpcap's optimizer stays off: that of 1.10.3 takes `net 2001:db8::/112 and net 2001:db8::/112` to match nothing.
   */
  async taken(expression: string): Promise<number[]> {
    const files = ["-O", "-r", this.file("all"), "-w", this.file("taken")];
    const { exitCode, stderr } = await run(["tcpdump", "-Z", "root", ...files, expression]);
    if (exitCode === 0) return packetsOf(await readFile(this.file("taken"))).map(({ second }) => second);
    if (stderr.includes("expression rejects all packets")) return [];
    throw new Error(`tcpdump '${expression}': ${stderr}`);
  }

  async close(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  private file(name: string): string {
    return join(this.directory, `${name}.pcap`);
  }
}
