import type { Difference } from "../converge/look";
import { isOurCookie } from "../model/identity";
import { memo } from "../model/memo";
import { flowKey } from "../ovs/openflow";

/** What a difference is about. */
export type About = NonNullable<Difference["about"]>;

/** An object that a difference can be about, and that concerns only the taps that have it. */
export type Piece = { port: string } | { mirror: string } | { meter: number } | { cookie: bigint };

/** A host's differences by the object that they are about, so that a tap is not compared with those of all others. */
export class Differences {
  private readonly byPiece = new Map<string, number[]>();
  /** Those that may concern any tap, such as rules of others. */
  private readonly common: number[] = [];
  private readonly missing: ReadonlyMap<string, bigint>;

  constructor(private readonly all: readonly Difference[]) {
    this.missing = missingRules(all);
    for (const [index, { about }] of all.entries()) {
      if (about === undefined) continue;
      const piece = this.pieceOf(about);
      if (piece === undefined) {
        this.common.push(index);
        continue;
      }
      const known = this.byPiece.get(keyOf(piece)) ?? [];
      this.byPiece.set(keyOf(piece), known);
      known.push(index);
    }
  }

  /** The differences that may concern a tap with these objects, in their order. */
  concerning(pieces: readonly Piece[]): Difference[] {
    const own = new Set(pieces.map(keyOf));
    const indexes = [...own].flatMap((key) => this.byPiece.get(key) ?? []);
    return [...indexes, ...this.common].sort((a, b) => a - b).map((index) => this.all[index]!);
  }

  /** The cookie of a rule, or of the missing rule in whose place it is: the one with the same identity. */
  cookieOf({ rule, bridge }: Extract<About, { rule: unknown }>): bigint {
    return this.missing.get(`${bridge} ${flowKey(rule)}`) ?? rule.cookie;
  }

  private pieceOf(about: About): Piece | undefined {
    if ("port" in about || "mirror" in about || "meter" in about) return about;
    if (!("rule" in about)) return undefined;
    const cookie = this.cookieOf(about);
    return isOurCookie(cookie) ? { cookie } : undefined;
  }
}

/** The index of a host's differences, which is the same for all its taps. */
export const indexed = memo((differences: readonly Difference[]) => new Differences(differences));

function keyOf(piece: Piece): string {
  if ("port" in piece) return `port ${piece.port}`;
  if ("mirror" in piece) return `mirror ${piece.mirror}`;
  return "meter" in piece ? `meter ${piece.meter}` : `cookie ${piece.cookie}`;
}

/** Cookies of the missing rules, by bridge and identity. */
function missingRules(differences: readonly Difference[]): Map<string, bigint> {
  const missing = differences.flatMap(({ about }) =>
    about !== undefined && "rule" in about && about.is === "missing" ? [about] : [],
  );
  return new Map(missing.map(({ rule, bridge }) => [`${bridge} ${flowKey(rule)}`, rule.cookie]));
}
