import type { Browser, Page } from "playwright-core";
import type { HostRow } from "../../console/api/rows";
import { findBrowser, visit } from "../../test/browser/browser";
import { timeOfSearch } from "../../test/browser/search";
import { ConsoleClient } from "../../test/console/client";
import type { Lab } from "../../test/lab/lab";
import { memoryOf, type Serving, startCommand } from "../command";
import { type CrowdedLab, startCrowdedLab } from "../crowdedLab";
import { type Extent, type Figure, milliseconds, roundsOf, type Section } from "../figure";
import { median } from "../measure";

/** What it may come to: milliseconds of the first list and of a search, MiB of the server. */
const ALLOWED = { list: 1000, search: 50, memory: 300 };

/** What is measured: hosts, taps on each, and how often one more tap is created, broken, mended and deleted. */
const SIZES = {
  full: { hosts: 20, taps: 50, cycles: 450 },
  smoke: { hosts: 1, taps: 3, cycles: 2 },
};

/** Milliseconds that a list gets to come. */
const PATIENCE = 120_000;

const SEARCHES = ["p1", "p12", "host7", "", "nothing of this", "ids"];

/** The console of very many taps, in a browser: its first list, a search, and its memory after an hour's changes. */
export async function measureConsole(extent: Extent): Promise<Section[]> {
  const { hosts, taps, cycles } = SIZES[extent];
  const title = `The console with ${hosts * taps} taps on ${hosts} hosts`;
  const browser = await findBrowser();
  if (browser === undefined) return [{ title, figures: [], notes: ["skipped: there is no chromium"] }];
  const crowded = await startCrowdedLab(hosts, taps);
  try {
    const lists: number[] = [];
    for (let round = 1; round < roundsOf(extent, 3); round++)
      lists.push(await withConsole(crowded.lab, browser, hosts * taps, async ({ list }) => list));
    const last = await withConsole(crowded.lab, browser, hosts * taps, async ({ list, page, serving }) => {
      const searches: number[] = [];
      for (const text of [...SEARCHES, ...SEARCHES, ...SEARCHES])
        searches.push(await timeOfSearch(page, text));
      await timeOfSearch(page, "");
      const before = memoryOf(serving.pid);
      await churn(crowded, cycles);
      await countOf(page, hosts * taps);
      return { list, searches, before, after: memoryOf(serving.pid) };
    });
    const figures = figuresOf([...lists, last.list], last, 4 * cycles);
    return [{ title, figures, notes: NOTES }];
  } finally {
    await crowded.handlers.context.close();
    await crowded.lab.stop();
    await browser.close();
  }
}

/** A console that a browser shows the list of. */
interface Shown {
  serving: Serving;
  page: Page;
  /** Milliseconds from the last host's answer to the whole list on the page. */
  list: number;
}

async function withConsole<T>(
  { hosts, sshConfig }: Lab,
  browser: Browser,
  taps: number,
  work: (shown: Shown) => Promise<T>,
): Promise<T> {
  const names = hosts.flatMap(({ name }) => ["--host", name]);
  const serving = await startCommand(["console", ...names, "--ssh-config", sshConfig]);
  try {
    const client = await new ConsoleClient({ url: serving.line }).logIn();
    const { events, end } = await client.events();
    const { page, close } = await visit(browser, client.origin, { storageState: stateOf(client) });
    const drawn = await countOf(page, taps);
    const answers = events.flatMap((event) => {
      if (event.type === "snapshot") return event.hosts.flatMap(answeredAt);
      return event.type === "hosts" ? event.put.flatMap(answeredAt) : [];
    });
    end();
    if (new Set(answers.map(({ name }) => name)).size !== hosts.length)
      throw new Error("a host has not answered");
    const first = new Map([...answers].reverse().map(({ name, at }) => [name, at]));
    const done = await work({ serving, page, list: Math.max(0, drawn - Math.max(...first.values())) });
    await close();
    return done;
  } finally {
    await serving.stop();
  }
}

/** A browser's state in which the cookie of a client is. */
function stateOf({ cookie }: ConsoleClient) {
  const [name, value] = cookie.split("=") as [string, string];
  const where = { domain: "127.0.0.1", path: "/", expires: -1 };
  const sent = { httpOnly: true, secure: false, sameSite: "Strict" as const };
  return { cookies: [{ name, value, ...where, ...sent }], origins: [] };
}

function answeredAt({ name, state, lookedAt }: HostRow): { name: string; at: number }[] {
  return state === "reachable" ? [{ name, at: Date.parse(lookedAt!) }] : [];
}

/** Waits until the page says how many taps there are; when it was so, by the clock of both processes. */
async function countOf(page: Page, taps: number): Promise<number> {
  const text = `${new Intl.NumberFormat("en").format(taps)} taps`;
  return page.evaluate(`new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("the page never says ${text}")), ${PATIENCE});
    const look = () => {
      const said = document.querySelector(".count")?.textContent;
      if (said === ${JSON.stringify(text)}) resolve(Date.now());
      else requestAnimationFrame(look);
    };
    look();
  })`);
}

/** Creates a tap on each host in turn, takes all Mirrors of the host away, and deletes the tap, which mends the others. Two hosts at a time. */
async function churn({ lab, handlers, more }: CrowdedLab, cycles: number): Promise<void> {
  let next = 0;
  const turn = async (lane: number): Promise<void> => {
    const own = more
      .map((flow, index) => ({ flow, host: lab.host(index + 1) }))
      .filter((_, index) => index % 2 === lane % 2);
    if (own.length === 0) return;
    for (let cycle = next++; cycle < cycles; cycle = next++) {
      const { flow, host } = own[cycle % own.length]!;
      const made = await handlers.create("TapFlow", { ...flow });
      await host.ovs("ovs-vsctl clear Bridge br-int mirrors");
      await handlers.delete("TapFlow", made);
    }
  };
  await Promise.all([turn(0), turn(1)]);
}

/** What the last console came to. */
interface Measured {
  searches: number[];
  before: { now: number };
  after: { now: number; most: number };
}

function figuresOf(lists: number[], { searches, before, after }: Measured, changes: number): Figure[] {
  const worst = Math.max(...searches);
  const mebibytes = (value: number) => `${value.toFixed(0)} MiB`;
  const time = (what: string, value: number, allowed: number): Figure => ({
    ...{ what, ours: milliseconds(value), baseline: milliseconds(allowed) },
    ...{ ratio: value / allowed, target: { atMost: 1 } },
  });
  return [
    time("the whole list on the page, after the last host's answer", median(lists), ALLOWED.list),
    time("a search, from the letter to the picture", median(searches), ALLOWED.search),
    time("the slowest search", worst, ALLOWED.search),
    {
      what: `the server's memory at most, over ${changes} changes`,
      ours: mebibytes(after.most),
      baseline: mebibytes(ALLOWED.memory),
      ratio: after.most / ALLOWED.memory,
      target: { atMost: 1 },
    },
    {
      what: "the server's memory after these changes, against before",
      ours: mebibytes(after.now),
      baseline: mebibytes(before.now),
      ratio: after.now / before.now,
    },
  ];
}

const NOTES = [
  "baseline of the times and of the memory at most: what they may be",
  "changes: a tap is created, all Mirrors of its host are taken away, the tap is deleted and the others are mended by that; as many as one each two seconds of an hour",
];
