import fc from "fast-check";

/** What text from elsewhere may be made of: escapes of a terminal and a shell, quotes, names of Object.prototype, half characters. */
const PIECES = [
  ...[
    "\u001b[2J",
    "\u001b]0;title\u0007",
    "\u009b31m",
    "\r",
    "\n",
    "\t",
    "\u0000",
    "\u007f",
    "\u202e",
    "\ud800",
    "\udc00",
  ],
  ...[
    "$(touch /tmp/taas-hostile)",
    "`id`",
    ";",
    "&&",
    "|",
    ">",
    "'",
    '"',
    "\\",
    "-",
    "--",
    "*",
    "../",
    "/",
    "%s",
    "#",
  ],
  ...[
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "taas:",
    "taas-renderer",
    "br-int",
    "tap-web",
  ],
  ...[
    "0x",
    "-1",
    "1e309",
    "99999999999999999999",
    "actions=",
    "in_port=",
    ",",
    "(",
    ")",
    "=",
    " ",
    "{",
    "}",
    "[",
    "é",
  ],
];

/** Text that means harm. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join("")),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom("", "x".repeat(20_000)),
);

/** Any JSON of hostile text, under hostile keys too, some of it deep. */
export const hostileJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.oneof(hostileText, fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
      fc.array(tie("value"), { maxLength: 4 }),
      fc
        .array(fc.tuple(hostileText, tie("value")), { maxLength: 4 })
        .map((entries) => Object.fromEntries(entries)),
    ),
  })).value,
  fc.integer({ min: 10, max: 300 }).map(nested),
);

/** Lists within lists. */
function nested(depth: number): unknown {
  let value: unknown = [];
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

/** The same JSON but for one place of it, or some, where something else stands or nothing. */
export function altered(value: unknown, other: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const places = placesOf(value);
  return fc
    .array(fc.tuple(fc.constantFrom(...places), other, fc.constantFrom("replace", "remove", "add")), {
      minLength: 1,
      maxLength: 3,
    })
    .map((changes) => {
      const copy = { root: structuredClone(value) };
      for (const [place, replacement, how] of changes)
        change(copy, ["root", ...place], structuredClone(replacement), how);
      return copy.root;
    });
}

function placesOf(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return [[]];
  const inner = Object.entries(value).flatMap(([key, one]) => placesOf(one).map((place) => [key, ...place]));
  return [[], ...inner];
}

function change(root: object, place: string[], replacement: unknown, how: string): void {
  let at = root as Record<string, unknown>;
  for (const key of place.slice(0, -1)) {
    const next = at[key];
    if (typeof next !== "object" || next === null) return;
    at = next as Record<string, unknown>;
  }
  const key = place.at(-1)!;
  const there = at[key];
  if (how === "remove" && Array.isArray(at)) at.splice(Number(key), 1);
  else if (how === "remove" && key !== "root") delete at[key];
  else if (how === "add" && Array.isArray(there)) there.push(replacement);
  else if (how === "add" && typeof there === "object" && there !== null)
    Object.assign(there, { [(JSON.stringify(replacement) ?? "").slice(0, 30)]: replacement });
  else if (Array.isArray(at)) at.splice(Number(key), 1, replacement);
  else at[key] = replacement;
}
