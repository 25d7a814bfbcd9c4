import type { ServiceRow, Stage, TapRow } from "../../api/rows";
import type { Rows } from "../live/live";
import { hostFor, sees, type Viewer } from "./viewer";

/** What is put in the place of what a tenant may not read. */
const HIDDEN = "…";

/** A value in quotation marks, or what stands between spaces. */
const PIECES = /"[^"]*"|`[^`]*`|[^\s"`]+/g;
const MARKS = /^([([{<'"`]*)(.*?)((?:'s)?[)\]}>'"`.,;:!?]*)$/s;
/** Characters of a word that may be shown; a longer one is none, and is costly to take apart. */
const LONGEST = 256;
/** A word of the language, a small count, the usual bridges and names of our own, which are hashes. */
const PLAIN = /^(?:[A-Za-z]+|\d{1,5}|[-=+/&|]{1,3}|br-(?:int|tap|tun)|taas-[0-9a-z]+)$/;

/** What a tenant knows and what is others', as far as the console knows either. */
export interface Words {
  /** Values that the tenant is shown anyway. */
  known: ReadonlySet<string>;
  /** What others, and what they have, are called, in lower case. */
  others: ReadonlySet<string>;
}

/**
 * What hosts or Pulumi say, as a tenant may read it. Of such a text stay the values that the tenant is shown anyway and plain words that
 * name nothing of others; all else may be a name, an address, a path or a secret of others, and is left out.
 */
export function readableFor({ known, others }: Words, text: string): string {
  const readable = text.replace(PIECES, (piece) => {
    if (known.has(piece)) return piece;
    if (piece.length > LONGEST) return HIDDEN;
    const [, before = "", word = "", after = ""] = MARKS.exec(piece) ?? [];
    if (word === "" || known.has(word)) return piece;
    const isValue = /^["`]/.test(piece);
    const isPlain = PLAIN.test(word) && !others.has(word.toLowerCase());
    return isPlain && !isValue ? piece : `${before}${HIDDEN}${after}`;
  });
  return readable.replace(/…(?:[\s,]*…)+/g, HIDDEN);
}

/** A word without the marks around it. */
function coreOf(word: string): string {
  return word.length > LONGEST ? word : (MARKS.exec(word)?.[2] ?? word);
}

/** What a tenant may read, from all rows, what else it is shown, and the names of who works with the console. */
export function wordsFor(
  viewer: Viewer,
  rows: Rows,
  { shown = [], people = [] }: { shown?: readonly unknown[]; people?: readonly string[] } = {},
): Words {
  const { taps, services, hosts } = rows;
  const all = [...taps, ...services];
  const own = all.filter((row) => sees(viewer, row)).map(({ reason: _, ...row }) => row);
  const foreign = all.filter((row) => !sees(viewer, row)).map(namesOf);
  const known = wordsIn([viewer.tenant, own, hosts.map((row) => hostFor(viewer, row, rows)), shown]);
  const others = [...wordsIn([foreign, people])].flatMap((word) =>
    [word, coreOf(word)].map((each) => each.toLowerCase()),
  );
  return { known, others: new Set(others.filter((word) => !known.has(word))) };
}

/** What tenants may read of rows that stay the same objects until they are made anew. */
const wordsOfRows = new WeakMap<Rows, Map<string, Words>>();

function wordsOfAll(viewer: Viewer, rows: Rows): Words {
  const byTenant = wordsOfRows.get(rows) ?? new Map<string, Words>();
  wordsOfRows.set(rows, byTenant);
  const words = byTenant.get(viewer.tenant!) ?? wordsFor(viewer, rows);
  byTenant.set(viewer.tenant!, words);
  return words;
}

/** A tap or service of a viewer as the viewer may read it: why it is as it is, a host says in its own words. */
export function rowFor<Row extends TapRow | ServiceRow>(viewer: Viewer, row: Row, rows: Rows): Row {
  const { reason } = row;
  if (viewer.role !== "tenant" || reason === undefined) return row;
  return { ...row, reason: readableFor(wordsOfAll(viewer, rows), reason) };
}

/** The stages of a viewer's tap likewise. */
export function stageFor(viewer: Viewer, stage: Stage, rows: Rows): Stage {
  if (viewer.role !== "tenant") return stage;
  const readable = (text: string) => readableFor(wordsOfAll(viewer, rows), text);
  const { reason, kind, detail } = stage;
  return {
    ...stage,
    // Where a tunnel leads is an address of the underlay.
    ...(kind === "tunnel" ? { detail: readable(detail) } : {}),
    ...(reason === undefined ? {} : { reason: readable(reason) }),
  };
}

/** Where a rule says between which addresses a tunnel leads. */
const TUNNEL_ENDS =
  /(tun_(?:ipv6_)?(?:src|dst)=)[^,\s]+|(set_field:)[^,\s]+?(?=->tun_(?:ipv6_)?(?:src|dst))/g;

/** A rule of a viewer's tap likewise: a tenant does not read addresses of the underlay. */
export function ruleFor({ role }: Viewer, rule: string): string {
  return role === "tenant" ? rule.replace(TUNNEL_ENDS, `$1$2${HIDDEN}`) : rule;
}

/** What a row is called, and what it names. */
function namesOf(row: TapRow | ServiceRow): unknown {
  const { name, owner, tenant, monitor, changedBy } = row;
  const source = "port" in row ? [row.port, row.vm, row.service] : [];
  return [name, owner, tenant, monitor.split(" on "), changedBy, source];
}

/** All texts in a value, whole and in parts. */
function wordsIn(value: unknown): Set<string> {
  const found = new Set<string>();
  const add = (inner: unknown): void => {
    if (typeof inner === "object" && inner !== null) for (const each of Object.values(inner)) add(each);
    if (typeof inner !== "string" || inner === "") return;
    found.add(inner);
    for (const part of inner.split(/[\s,;()"/]+/)) if (part !== "") found.add(part);
  };
  add(value);
  return found;
}
