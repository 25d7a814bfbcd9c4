import { once } from "node:events";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import type { TaasError } from "../../../provider/errors";
import type { HostRecord } from "../../../provider/host/host";
import { sampleOf } from "../../sample";
import { makeClient, type TestClient } from "./client";
import { startHostileServer, WAYS } from "./hostileServer";
import { makeKey, makeWorkshop, type SshServer, startSshServer, type Workshop } from "./sshServer";

/** Bytes that a hostile server may make this process hold beside what it has. */
const MEMORY = 300 * 1024 * 1024;

/** Milliseconds that a busy machine may add to a command, whatever else goes on. */
const NOISE = 100;

/** Milliseconds for which commands on the honest server are measured. */
const WINDOW = 1000;

/** Seconds a command may take. */
const OPERATION_TIMEOUT = 5;

/** What comes of a command on such a server, by way and transport. */
const ANSWERED = /^answered 100000$/;
const REFUSED = /^(?:unreachable|operation-timeout|exec-failed|connection-lost): /;

/** Over ssh2, where it is no answer. */
const OUTCOMES: Record<string, RegExp> = {
  "lines without end": /^unreachable: .*more than \d+ bytes before the login/,
  "banners without end": /^unreachable: .*more than \d+ bytes before the login/,
  "requests without end, unread": /^(?:operation-timeout|connection-lost): /,
  "packets of no bytes": /^connection-lost: .*it accepts only packets of 0 bytes/,
  "a window that never opens": /^operation-timeout: /,
  "output without end": /^(?:output-too-large|operation-timeout): /,
  "errors without end": /^(?:output-too-large|operation-timeout): /,
  "no exit status": /^exec-failed: .*without an exit status/,
  "an exit status and no end": /^operation-timeout: /,
  "more than a window on a socket": /^connection-lost: .*more than the window/,
};

/** Over the program `ssh`, where it is not refused. */
const OPENSSH_OUTCOMES: Record<string, RegExp> = {
  "requests without end": ANSWERED,
  "forwarded sockets without end": ANSWERED,
  "agent channels without end": ANSWERED,
  // Some releases (9.2) drop what exceeds the window, and only mind what comes after the channel is closed.
  "more than a window on a socket": new RegExp(`${ANSWERED.source}|${REFUSED.source}`),
};

function expectedOutcome(transport: "ssh2" | "openssh", way: string): RegExp {
  return transport === "ssh2" ? (OUTCOMES[way] ?? ANSWERED) : (OPENSSH_OUTCOMES[way] ?? REFUSED);
}

describe("a malicious SSH server, beside an honest one", () => {
  let workshop: Workshop;
  let honest: SshServer;
  let hostKey: string;
  let keyFile: string;
  let usual: number;

  before(async () => {
    workshop = makeWorkshop();
    honest = await startSshServer(workshop);
    keyFile = join(workshop.path, "hostile");
    makeKey(keyFile, "ed25519");
    hostKey = readFileSync(`${keyFile}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
    const client = makeClient(workshop, honest.knownHostsLine);
    usual = await typicalTime(client, client.record(honest), WINDOW);
    await client.pool.closeAll();
  });
  after(() => workshop.remove());

  const ways = Object.values(WAYS).flat();
  const cases = [
    ...ways.map((way) => ({ transport: "ssh2" as const, way })),
    ...sampleOf(ways, 3).map((way) => ({ transport: "openssh" as const, way })),
  ];
  for (const { transport, way } of cases) {
    it(`${transport}: cannot stop other hosts, or fill the memory, by ${way}`, async () => {
      const hostile = await startHostileServer(way, keyFile);
      const client = makeClient(workshop, honest.knownHostsLine, [], { operationTimeout: OPERATION_TIMEOUT });
      const user = userInfo().username;
      const bad = { name: "bad", address: "127.0.0.1", port: hostile.port, user, hostKey, transport };
      const before = process.memoryUsage().rss;
      let peak = 0;
      const watching = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage().rss - before);
      }, 20);
      const begun = performance.now();
      const ending = outcomeOf(client, bad, way);
      const beside = await typicalTime(client, client.record(honest), WINDOW);
      const outcome = await ending;
      expect(performance.now() - begun).to.be.lessThan(2000 * OPERATION_TIMEOUT);
      clearInterval(watching);
      await client.pool.closeAll();
      await hostile.stop();
      expect(outcome).to.match(expectedOutcome(transport, way));
      expect(beside).to.be.lessThan(1.5 * usual + NOISE);
      expect(peak).to.be.lessThan(MEMORY);
    });
  }
});

/** What a command, or a stream, on the server ends with. */
async function outcomeOf(client: TestClient, record: HostRecord, way: string): Promise<string> {
  try {
    return await client.pool.use(record, async (session) => {
      if (WAYS.onSocket.includes(way)) {
        const stream = await session.openSocket("/var/run/openvswitch/db.sock");
        await Promise.race([once(stream, "end"), sleep(1500)]);
        stream.destroy();
      }
      const { stdout } = await session.exec(["wc", "-c"], { input: "x".repeat(100_000) });
      await sleep(1500);
      return `answered ${stdout.trim()}`;
    });
  } catch (error) {
    return `${(error as TaasError).code}: ${(error as Error).message}`;
  }
}

/** The median of the milliseconds that commands on a host take, one after another, for so long. */
async function typicalTime(client: TestClient, record: HostRecord, milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds;
  const times: number[] = [];
  while (performance.now() < end) {
    const begun = performance.now();
    await client.pool.use(record, (session) => session.exec(["true"]));
    times.push(performance.now() - begun);
  }
  return times.sort((one, other) => one - other)[Math.floor(times.length / 2)]!;
}
