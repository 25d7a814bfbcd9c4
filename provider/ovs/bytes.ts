/** Concatenates bytes and pads them to a multiple of eight, the alignment of OpenFlow's structures. */
export function padded(...parts: readonly Buffer[]): Buffer {
  const whole = Buffer.concat(parts);
  return Buffer.concat([whole, Buffer.alloc(-whole.length & 7)]);
}

/** Numbers one after another, each in the given number of bytes. */
export function numbers(...fields: readonly [bytes: 1 | 2 | 4, value: number][]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntBE(value, 0, bytes);
      return field;
    }),
  );
}

/** A property; its length does not include the padding to eight bytes. */
export function property(type: number, body: Buffer): Buffer {
  return padded(numbers([2, type], [2, 4 + body.length]), body);
}
