import { TaasError } from "../errors";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

const COMMA = 0x2c;
const COLON = 0x3a;

/** The most bytes of one document. A host with 5,000 ports sends 4 MB. */
const MAX_BYTES = 16 * 1024 * 1024;
/**
 * The most brackets, commas and colons of one document: they determine the time and memory of `JSON.parse`. 5,000 ports
 * need 500,000.
 */
const MAX_VALUES = 1_500_000;
/** The deepest nesting of brackets. OVSDB needs less than ten, and `JSON.parse` recurses. */
const MAX_DEPTH = 20;

/** Limits of one document. */
export interface JsonLimits {
  /** Default 16 MiB. */
  bytes?: number;
  /** Brackets, commas and colons outside strings; default 1,500,000. */
  values?: number;
}

/**
 * Splits a byte stream into the JSON documents that follow one another in it, with or without white space between (RFC
 * 7047 section 4: JSON-RPC without framing). It works on bytes: every structural character of JSON is ASCII, and no
 * byte of a longer UTF-8 sequence is, so chunks may end anywhere. A document is an object or an array. A bare scalar is
 * an error, because its end could not be detected.
 */
export class JsonSplitter {
  private readonly maxBytes: number;
  private readonly maxValues: number;
  private readonly decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** Chunks of the current document, without the current one. */
  private parts: Uint8Array[] = [];
  private length = 0;
  private depth = 0;
  private values = 0;
  private inString = false;
  private escaped = false;

  constructor({ bytes = MAX_BYTES, values = MAX_VALUES }: JsonLimits = {}) {
    this.maxBytes = bytes;
    this.maxValues = values;
  }

  /** Whether the stream is in the middle of a document. */
  get unfinished(): boolean {
    return this.depth > 0;
  }

  /**
   * Takes the next bytes and returns the text of every document that they complete. Throws `ovsdb-reply` for anything
   * that cannot be JSON; the splitter cannot be used afterwards.
   */
  push(chunk: Uint8Array): string[] {
    const documents: string[] = [];
    let start = 0;
    let backslash = -1;
    for (let index = 0; index < chunk.length; index++) {
      if (this.inString && !this.escaped) {
        // In a string, only its end and the next backslash matter.
        if (backslash < index) backslash = positionOf(BACKSLASH, chunk, index);
        index = Math.min(positionOf(QUOTE, chunk, index), backslash);
        if (index === chunk.length) break;
      }
      if (this.depth === 0) {
        if (isWhiteSpace(chunk[index]!)) continue;
        start = index;
      }
      if (this.closes(chunk[index]!)) {
        this.keep(chunk.subarray(start, index + 1));
        documents.push(this.take());
      }
    }
    if (this.depth > 0) this.keep(chunk.subarray(start));
    return documents;
  }

  /** Processes one byte; true if it ends the document. */
  private closes(byte: number): boolean {
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (byte === BACKSLASH) this.escaped = true;
      else if (byte === QUOTE) this.inString = false;
      return false;
    }
    if (byte === COMMA || byte === COLON) this.count();
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      this.count();
      this.depth++;
      if (this.depth > MAX_DEPTH) throw malformed(`a message nested deeper than ${MAX_DEPTH}`);
      return false;
    }
    if (this.depth === 0) {
      throw malformed(`byte 0x${byte.toString(16).padStart(2, "0")} where a message should start`);
    }
    if (byte === QUOTE) this.inString = true;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) return --this.depth === 0;
    return false;
  }

  private count(): void {
    this.values++;
    if (this.values > this.maxValues) throw malformed(`a message of more than ${this.maxValues} values`);
  }

  private keep(part: Uint8Array): void {
    this.length += part.length;
    if (this.length > this.maxBytes) throw malformed(`a message longer than ${this.maxBytes} bytes`);
    // A copy, because the owner of the chunk may reuse its memory.
    this.parts.push(new Uint8Array(part));
  }

  private take(): string {
    const bytes = Buffer.concat(this.parts, this.length);
    this.parts = [];
    this.length = 0;
    this.values = 0;
    try {
      return this.decoder.decode(bytes);
    } catch (cause) {
      throw malformed("bytes that are not UTF-8", cause);
    }
  }
}

/** The position of the next such byte; the chunk's length if there is none. */
function positionOf(byte: number, chunk: Uint8Array, from: number): number {
  const position = chunk.indexOf(byte, from);
  return position < 0 ? chunk.length : position;
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function malformed(what: string, cause?: unknown): TaasError {
  return new TaasError(`the OVSDB server sent ${what}`, {
    code: "ovsdb-reply",
    hint: "Check that the socket is ovsdb-server's (usually /var/run/openvswitch/db.sock)",
    cause,
  });
}
