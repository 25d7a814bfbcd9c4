import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { skipForLackOf } from "../lacking";

const CHROMIUM = "/usr/bin/chromium";

/** Nothing of the browser's own reaches for the network. */
const ALONE = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-sync",
  "--no-first-run",
  "--no-pings",
  "--metrics-recording-only",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/** Starts Debian's Chromium without a window; undefined where the machine has none. */
export async function findBrowser(): Promise<Browser | undefined> {
  if (!existsSync(CHROMIUM)) return undefined;
  return chromium.launch({ executablePath: CHROMIUM, args: ALONE, chromiumSandbox: false });
}

/** The same for a test, which is skipped where the machine has none. */
export async function startBrowser(context: Mocha.Context): Promise<Browser> {
  return (await findBrowser()) ?? skipForLackOf(context, "chromium");
}

/** A page in a browser of its own, and all that went wrong in it. */
export interface Visit {
  page: Page;
  /** Messages of errors on the page's console, and requests to anywhere but `origin`. */
  faults: string[];
  close: () => Promise<void>;
}

/** Opens a page, `/` unless another is named, and notes when it reaches for anything but its own origin. */
export async function visit(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions & { path?: string } = {},
): Promise<Visit> {
  const { path = "/", ...rest } = options;
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...rest });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`)) faults.push(`request to ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(`${origin}${path}`);
  return { page, faults, close: () => context.close() };
}
