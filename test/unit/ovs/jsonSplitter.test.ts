import { expect } from "chai";
import fc from "fast-check";
import { TaasError } from "../../../provider/errors";
import { type JsonLimits, JsonSplitter } from "../../../provider/ovs/jsonSplitter";

const document = fc.oneof(
  fc.array(fc.jsonValue()),
  fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()),
);

/** Feeds the bytes in pieces of the given lengths, over and over. */
function feed(splitter: JsonSplitter, bytes: Uint8Array, lengths: number[]): string[] {
  const documents: string[] = [];
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const end = start + lengths[turn % lengths.length]!;
    documents.push(...splitter.push(bytes.subarray(start, end)));
    start = end;
  }
  return documents;
}

function failure(text: string | Uint8Array, limits: JsonLimits = {}): TaasError {
  try {
    new JsonSplitter(limits).push(Buffer.from(text));
  } catch (error) {
    if (error instanceof TaasError) return error;
    throw error;
  }
  throw new Error("was taken");
}

describe("JsonSplitter", () => {
  it("returns any documents, however the stream is split and whatever white space is between", () => {
    fc.assert(
      fc.property(
        fc.array(document),
        fc.constantFrom("", "\n", " \r\n\t"),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        (documents, space, lengths) => {
          const splitter = new JsonSplitter();
          const texts = documents.map((value) => JSON.stringify(value));
          const bytes = Buffer.from(texts.map((text) => text + space).join(""));
          expect(feed(splitter, bytes, lengths)).to.deep.equal(texts);
          expect(splitter.unfinished).to.equal(false);
        },
      ),
    );
  });

  const tricky = [
    '{"a":"}{][","b":"\\"}","c":"\\\\"}',
    '["\\\\\\""]',
    '{"é😀":"\u2028"}',
    '[[[[]],{"x":[{}]}]]',
    '{"a":"[\\u007b"}',
  ];
  for (const text of tricky) {
    it(`is not misled by ${text}`, () => {
      expect(feed(new JsonSplitter(), Buffer.from(text + text), [1])).to.deep.equal([text, text]);
    });
  }

  it("keeps its data when the owner of a chunk reuses its memory", () => {
    const splitter = new JsonSplitter();
    const chunk = Buffer.from('{"a":"b');
    splitter.push(chunk);
    chunk.fill("x");
    expect(splitter.unfinished).to.equal(true);
    expect(splitter.push(Buffer.from('c"}'))).to.deep.equal(['{"a":"bc"}']);
  });

  it("refuses a document beyond its limit, even before the document ends, and accepts one at it", () => {
    expect(failure('["12345"]', { bytes: 8 })).to.include({ code: "ovsdb-reply" });
    expect(failure('["12345', { bytes: 6 }).message).to.contain("longer than 6 bytes");
    expect(new JsonSplitter({ bytes: 9 }).push(Buffer.from('["12345"]["12345"]'))).to.have.length(2);
  });

  it("refuses a document of more values than its limit, counting each document separately and no text", () => {
    expect(failure('[1,2,{"a":3}]', { values: 4 }).message).to.contain("more than 4 values");
    const splitter = new JsonSplitter({ values: 4 });
    for (const text of ["[1,2,{}]", '["{,:,:,:[",1]', '{"a":[1,2]}']) {
      expect(splitter.push(Buffer.from(text))).to.deep.equal([text]);
    }
  });

  it("refuses by itself what takes JSON.parse seconds and gigabytes", () => {
    expect(failure(`[${"{},".repeat(800_000)}`).message).to.contain("values");
    expect(failure("[".repeat(10_000)).message).to.contain("nested deeper");
    expect(failure(`["${"x".repeat(17 * 1024 * 1024)}"]`).message).to.contain("bytes");
  });

  it("refuses what cannot start a document", () => {
    for (const text of ["1", "null", '"text"', "}", "SSH-2.0-OpenSSH_9.2", '{"a":1}]']) {
      expect(failure(text).message).to.contain("where a message should start");
    }
  });

  it("refuses bytes that are not UTF-8", () => {
    expect(failure(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d)).message).to.contain("not UTF-8");
  });
});
