import { expect } from "chai";
import { PacketQueue } from "../../../provider/ovs/packetQueue";

const frame = (number: number, bytes = 488) => ({ number, frame: Buffer.alloc(bytes) });

async function numbers(queue: PacketQueue<ReturnType<typeof frame>>): Promise<number[]> {
  const taken: number[] = [];
  for await (const packet of queue) taken.push(packet.number);
  return taken;
}

describe("a queue of frames", () => {
  it("gives each once, in order, including those that arrive while it is waited for", async () => {
    const queue = new PacketQueue<ReturnType<typeof frame>>(1e6);
    queue.push(frame(1));
    const taking = numbers(queue);
    await new Promise(setImmediate);
    queue.push(frame(2));
    queue.push(frame(3));
    await new Promise(setImmediate);
    queue.push(frame(4));
    queue.close();
    queue.push(frame(5));
    expect(await taking).to.deep.equal([1, 2, 3, 4]);
    expect(queue.dropped).to.equal(0);
  });

  it("keeps no more than its limit, and counts what it drops until there is room again", async () => {
    const queue = new PacketQueue<ReturnType<typeof frame>>(10_000);
    for (let number = 0; number < 25; number++) queue.push(frame(number));
    expect(queue.dropped).to.equal(15);
    const iterator = queue[Symbol.asyncIterator]();
    expect((await iterator.next()).value).to.include({ number: 0 });
    queue.push(frame(100));
    queue.push(frame(101));
    expect(queue.dropped).to.equal(16);
    queue.push(frame(102, 0));
    queue.close();
    const rest: number[] = [];
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
      rest.push(next.value.number);
    expect(rest).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 100]);
  });

  it("ends with the error that it is closed with, after what was waiting", async () => {
    const queue = new PacketQueue<ReturnType<typeof frame>>(1e6);
    queue.push(frame(1));
    queue.close(new Error("cut"));
    queue.close();
    const iterator = queue[Symbol.asyncIterator]();
    expect((await iterator.next()).value).to.include({ number: 1 });
    const error = await iterator.next().catch((reason: Error) => reason);
    expect(error).to.include({ message: "cut" });
  });
});
