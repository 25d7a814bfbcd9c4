import { duplexPair } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { type Waited, whileTalking, within } from "../../../provider/ovs/patience";
import { SwitchClient } from "../../../provider/ovs/switchClient";
import { encodeMessage, type Message, TYPE, takeMessages } from "../../../provider/ovs/switchMessages";

const EMPTY = Buffer.alloc(0);
const FRAME = Buffer.alloc(60_000);

describe("the patience with a bridge", () => {
  const cases: [string, Waited, "waits" | "gives up"][] = [
    ["nothing for a while", { asked: 4000, silent: 4000, heard: 0 }, "waits"],
    ["nothing for longer", { asked: 5000, silent: 5000, heard: 0 }, "gives up"],
    ["much, but not the answer", { asked: 60_000, silent: 10, heard: 2_000_000 }, "waits"],
    ["much, and then nothing", { asked: 60_000, silent: 5000, heard: 2_000_000 }, "gives up"],
    ["a few bytes now and then", { asked: 30_000, silent: 10, heard: 100_000 }, "gives up"],
    ["a stream without end", { asked: 1000, silent: 0, heard: 2 ** 27 }, "gives up"],
  ];
  for (const [title, waited, outcome] of cases) {
    it(`${outcome === "waits" ? "lasts" : "ends"} where it sends ${title}`, () => {
      expect(whileTalking(5000)(waited) > 0 ? "waits" : "gives up").to.equal(outcome);
    });
  }

  /** A bridge that sends frames for a while before it answers, and a client of it. */
  function slowBridge(): { client: (patience: typeof within) => SwitchClient; answer(): void } {
    const [near, bridge] = duplexPair();
    const asked: Message[] = [];
    bridge.on("data", (chunk: Buffer) => asked.push(...takeMessages(chunk).messages));
    const send = (type: number, xid: number, body = EMPTY) =>
      bridge.write(encodeMessage({ type, xid, body }));
    const frames = setInterval(() => send(TYPE.experimenter, 0, FRAME), 20);
    return {
      client: (patience) => {
        const listener = { experimenter: () => {}, ended: () => clearInterval(frames) };
        return new SwitchClient(near, patience(150), listener);
      },
      answer: () => send(TYPE.barrierReply, asked.at(-1)!.xid),
    };
  }

  it("lasts as long as frames come before an answer, and ends with them", async () => {
    const { client: open, answer } = slowBridge();
    const client = open(whileTalking);
    const asking = client.tell([]);
    await sleep(500);
    answer();
    await asking;
    client.close();
  });

  it("ends after its time all the same where no frames are expected", async () => {
    const { client: open } = slowBridge();
    const ended = await open(within)
      .tell([])
      .catch((error: Error) => error);
    expect(ended).to.have.property("message", "the bridge does not answer");
  });

  it("does not end for what this program was too late to read", async () => {
    const { client: open, answer } = slowBridge();
    const client = open(whileTalking);
    const asking = client.tell([]);
    await sleep(50);
    // As after SIGSTOP and SIGCONT: what has been sent meanwhile is there, and the time is over.
    const until = performance.now() + 400;
    answer();
    while (performance.now() < until);
    await asking;
    client.close();
  });
});
