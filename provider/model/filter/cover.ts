/** A bitwise match: the bits in `mask` must equal those in `value`; the others may be anything. */
export interface Masked {
  value: number;
  mask: number;
}

/**
 * The fewest bitwise matches that together match the numbers from `first` to `last` and no others, sorted. Two of them
 * may overlap, which is why fewer than one per prefix can be enough (1 to 6 of 3 bits takes 3, not 4).
 *
 * Minimal by Schieber, Geist and Zaks, "Computing the minimum DNF representation of Boolean functions defined by
 * intervals", Discrete Applied Mathematics 149 (2005); at most 28 for 16 bits.
 */
export function coverRange(first: number, last: number, bits = 16): Masked[] {
  return cover(bits, first, last).sort((a, b) => a.value - b.value || a.mask - b.mask);
}

function cover(bits: number, first: number, last: number): Masked[] {
  const all = 2 ** bits - 1;
  if (first === 0 && last === all) return [{ value: 0, mask: 0 }];
  if (first === 0) return below(bits, last + 1);
  if (last === all)
    return below(bits, all - first + 1).map(({ value, mask }) => ({ value: value ^ mask, mask }));
  const top = 2 ** (bits - 1);
  const side = first & top;
  if (side === (last & top)) {
    return cover(bits - 1, first - side, last - side).map(({ value, mask }) => ({
      value: value | side,
      mask: mask | top,
    }));
  }
  return straddle(bits, first, last - top);
}

/** Prefixes for the numbers below `end`, which is above 0: one for each of its one bits. */
function below(bits: number, end: number): Masked[] {
  const all = 2 ** bits - 1;
  const ones = Array.from({ length: bits }, (_, bit) => 2 ** bit).filter((one) => (end & one) !== 0);
  return ones.map((one) => {
    const mask = all & ~(one - 1);
    return { value: end & mask & ~one, mask };
  });
}

/** Covers `first` in the lower half to `top + last` in the upper half, by the quarters that contain these two. */
function straddle(bits: number, first: number, last: number): Masked[] {
  const top = 2 ** (bits - 1);
  const next = top / 2;
  const lower = { value: next, mask: top | next };
  const upper = { value: top, mask: top | next };
  const [inFirst, inLast] = [first & next, last & next];
  if (inFirst !== 0 && inLast === 0) {
    return [
      ...cover(bits - 1, first, top - 1).map(({ value, mask }) => ({ value, mask: mask | top })),
      ...cover(bits - 1, 0, last).map(({ value, mask }) => ({ value: value | top, mask: mask | top })),
    ];
  }
  // Without the whole quarters in the middle, the two partial ones are adjacent and are a range of their own.
  const [low, high] = [first & (next - 1), last & (next - 1)];
  const cut = cover(bits - 1, low, next | high);
  if (inFirst === inLast) {
    const spread = (set: number) => (set & (next - 1)) | ((set & next) << 1);
    const whole = inFirst === 0 ? lower : upper;
    return [
      whole,
      ...cut.map(({ value, mask }) => ({ value: spread(value) | inFirst, mask: spread(mask) | next })),
    ];
  }
  // The partial quarters are the outer ones, and their matches may extend into a whole one: 00 becomes 0x, and 11 x1.
  const reaching = cut.map(({ value, mask }) =>
    (mask & next) !== 0 && (value & next) === 0 ? { value, mask: (mask & ~next) | top } : { value, mask },
  );
  return [upper, ...(low > high + 1 ? [lower] : []), ...reaching];
}
