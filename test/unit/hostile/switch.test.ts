import { once } from "node:events";
import { Duplex, PassThrough } from "node:stream";
import { expect } from "chai";
import fc from "fast-check";
import { wirePlace } from "../../../provider/ovs/encodeRule";
import { readMeter } from "../../../provider/ovs/meterConfig";
import { readParts } from "../../../provider/ovs/multipart";
import { within } from "../../../provider/ovs/patience";
import { readFlow } from "../../../provider/ovs/presentFlow";
import { SwitchClient } from "../../../provider/ovs/switchClient";
import { readConfig } from "../../../provider/ovs/switchConfig";
import { encodeMessage, TYPE, takeMessages } from "../../../provider/ovs/switchMessages";

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));
const message = fc.record({
  type: fc.oneof(fc.constantFrom(...Object.values(TYPE)), fc.integer({ min: 0, max: 255 })),
  xid: fc.integer({ min: 0, max: 4 }),
  body: bytes(200),
});

/** What work gives; undefined where it says that this is no OpenFlow. */
function read<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return undefined;
  }
}

/** A bridge that answers whatever it is asked with the same bytes, cut into pieces, and then hangs up. */
function answering(answer: Buffer, piece: number): Duplex {
  const answers = new PassThrough();
  const asked = new PassThrough();
  asked.once("data", () => {
    for (let at = 0; at < answer.length; at += piece) answers.write(answer.subarray(at, at + piece));
    answers.end();
  });
  asked.resume();
  return Duplex.from({ readable: answers, writable: asked });
}

describe("what a bridge answers", () => {
  it("is parsed as it was encoded, however it is split", () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.nat({ max: 60 }), (messages, cut) => {
        const whole = Buffer.concat(messages.map(encodeMessage));
        const first = takeMessages(whole.subarray(0, cut));
        const second = takeMessages(Buffer.concat([first.rest, whole.subarray(cut)]));
        expect([...first.messages, ...second.messages]).to.deep.equal(messages);
        expect(second.rest).to.have.length(0);
      }),
    );
  });

  it("may be anything: it is parsed, or is not OpenFlow", () => {
    fc.assert(
      fc.property(bytes(400), (garbage) => {
        read(() => takeMessages(garbage));
        read(() => readParts(garbage).parts.map(readFlow).map(wirePlace));
        read(() => readParts(garbage).parts.map(readMeter));
        read(() => readConfig(garbage));
      }),
      { numRuns: 2000 },
    );
  });

  it("settles the request, whatever it is", async () => {
    const answer = fc.oneof(
      bytes(400),
      fc.array(message, { maxLength: 12 }).map((messages) => Buffer.concat(messages.map(encodeMessage))),
    );
    await fc.assert(
      fc.asyncProperty(answer, fc.integer({ min: 1, max: 64 }), async (text, piece) => {
        const client = new SwitchClient(answering(text, piece), within(1000));
        const write = async () => client.commit(await client.prepare([Buffer.alloc(48)]));
        const results = await Promise.allSettled([client.state(), write()]);
        for (const result of results) {
          if (result.status === "fulfilled") expect(result.value ?? "").to.match(/^([0-9a-f]{64} \d+)?$/);
          else expect(result.reason).to.be.instanceOf(Error);
        }
        client.close();
      }),
      { numRuns: 200 },
    );
  });

  it("that continues forever is not waited for", async () => {
    const more = Buffer.alloc(8);
    more.writeUInt16BE(1, 2);
    const stream = answering(encodeMessage({ type: TYPE.multipartReply, xid: 1, body: more }), 100);
    const client = new SwitchClient(stream, within(1000));
    const asking = client.state().catch((error: Error) => error.message);
    expect(await asking).to.match(/the connection to the bridge/);
    if (!stream.destroyed) await once(stream, "close");
  });
});
