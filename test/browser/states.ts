import type { Page } from "playwright-core";
import type { World } from "./fakeConsole";
import { PREVIEW } from "./preview";
import { ADMIN } from "./usualWorld";
import { emptyWorld } from "./worlds";

/** A picture of the console: what its server says, where the page is, and what it must show. */
export interface State {
  name: string;
  path: string;
  shows: string;
  world?: (usual: World) => World;
  /** The name of its picture in the docs. */
  picture?: string;
  /** What is done before it is looked at. */
  act?: (page: Page) => Promise<void>;
}

/** The screen of the tap `web`. */
export const TAP = `/taps/${encodeURIComponent("acme/taps/prod/TapFlow/web")}`;
const BROKEN = `/taps/${encodeURIComponent("acme/taps/prod/TapFlow/db")}`;
const OTHERS = `/taps/${encodeURIComponent("acme/security/prod/TapFlow/audit")}`;

function withPreview(part: Partial<typeof PREVIEW>): (usual: World) => World {
  return (usual) => ({ ...usual, previews: { p1: { ...PREVIEW, ...part } } });
}

/** What every screen can look like. */
export const STATES: readonly State[] = [
  { name: "Taps", path: "/", shows: "8 taps", picture: "taps" },
  {
    name: "Taps that nothing is found in",
    path: "/",
    shows: "No tap has all of these words",
    act: searchNothing,
  },
  { name: "Taps of nobody", path: "/", shows: "Create the first tap", world: () => emptyWorld() },
  {
    name: "Taps before anything came",
    path: "/",
    shows: "0 taps",
    world: (usual) => ({ ...usual, snapshot: undefined }),
  },
  {
    name: "Taps for a viewer",
    path: "/",
    shows: "Read-only: your role is viewer.",
    world: (usual) => ({
      ...usual,
      session: {
        ...ADMIN,
        role: "viewer",
        readOnly: "your role is viewer",
        can: { verify: false, watch: false },
      },
    }),
  },
  {
    name: "Taps of a locked stack",
    path: "/",
    shows: "The stack is locked by grace@laptop",
    world: (usual) => ({
      ...usual,
      snapshot: {
        ...usual.snapshot!,
        lock: { by: "grace@laptop", since: "2026-11-29T09:00:00Z", text: "locked" },
      },
    }),
  },
  {
    name: "Taps of a program that cannot be read",
    path: "/",
    shows: "line 12: a key is given twice",
    world: (usual) => ({
      ...usual,
      snapshot: {
        ...usual.snapshot!,
        programError: {
          code: "program",
          message: "Pulumi.yaml, line 12: a key is given twice",
          hint: "correct it",
        },
      },
    }),
  },
  { name: "Tap", path: TAP, shows: "Frames pass" },
  { name: "Tap that stops", path: BROKEN, shows: "Stops here", picture: "tap" },
  { name: "Tap of another stack", path: OTHERS, shows: "This tap is another stack's" },
  {
    name: "Tap that is watched",
    path: TAP,
    shows: "No frame yet",
    act: (page) => page.getByRole("button", { name: "Watch" }).click(),
  },
  { name: "Tap that is not there", path: "/taps/none", shows: "This tap is not here" },
  { name: "New tap", path: "/new", shows: "What it does" },
  {
    name: "New tap, chosen",
    path: "/new",
    shows: "web taps this port into ids already",
    picture: "new-tap",
    act: choose,
  },
  {
    name: "New taps of all that match",
    path: "/new",
    shows: "7 ports",
    picture: "new-taps",
    act: chooseMatch,
  },
  {
    name: "New taps before a condition is given",
    path: "/new",
    shows: "Fill in at least one condition",
    act: forgetCondition,
  },
  {
    name: "New tap for a tenant",
    path: "/new",
    shows: "What it does",
    world: (usual) => ({ ...usual, session: { ...ADMIN, role: "tenant", tenant: "blue" } }),
  },
  {
    name: "New tap with a new service",
    path: "/new",
    shows: "Monitor port",
    act: (page) =>
      page
        .getByLabel("Service")
        .selectOption("new")
        .then(() => undefined),
  },
  { name: "Services", path: "/services", shows: "forensics" },
  {
    name: "Services of nobody",
    path: "/services",
    shows: "Create the first service",
    world: () => emptyWorld(),
  },
  { name: "New service", path: "/services/new", shows: "Monitor port" },
  { name: "Hosts", path: "/hosts", shows: "2 differences" },
  { name: "Hosts of nobody", path: "/hosts", shows: "The inventory is empty", world: () => emptyWorld() },
  { name: "Changes", path: "/changes", shows: "awaiting approval" },
  {
    name: "Changes of nobody",
    path: "/changes",
    shows: "Nothing has been changed here",
    world: () => emptyWorld(),
  },
  { name: "Preview", path: "/previews/p1", shows: "1 to create, 8 unchanged", picture: "preview" },
  {
    name: "Preview that waits",
    path: "/previews/p1",
    shows: "Waits for grace's run",
    world: withPreview({ state: "waiting", waitsFor: "grace's run" }),
  },
  {
    name: "Preview that failed",
    path: "/previews/p1",
    shows: "Nothing was changed.",
    world: withPreview({
      state: "failed",
      steps: [],
      programDiff: "",
      error: { code: "unreachable", message: "no answer", host: "compute3", hint: "start it" },
    }),
  },
  {
    name: "Preview for a tenant",
    path: "/previews/p1",
    shows: "asks another person to approve",
    world: withPreview({ needsApproval: true, hiddenSteps: 2, warnings: ["copies may be cut"] }),
  },
  { name: "Change under way", path: "/changes/6", shows: "You may leave this page" },
  { name: "Change that waits", path: "/changes/7", shows: "It waits for grace's run of 10:02." },
  { name: "Change that failed", path: "/changes/3", shows: "no answer on port 22" },
  { name: "Change to approve", path: "/changes/5", shows: "Approve" },
  { name: "Change that is outdated", path: "/changes/2", shows: "Look at what would happen now" },
  { name: "no page", path: "/nowhere", shows: "There is no such page" },
];

async function searchNothing(page: Page): Promise<void> {
  await page.getByLabel("Search").fill("nothing of this");
}

/** Fills in *New tap* for all ports of two hosts that match. */
export async function chooseMatch(page: Page): Promise<void> {
  await page.getByLabel("Service").selectOption("ids");
  await page.getByLabel("Source").selectOption("match");
  await page.getByLabel("compute1").check();
  await page.getByLabel("compute2").check();
  await page.getByLabel("Ports like").fill("tap-*");
  await page.getByLabel("VLAN").fill("10");
  await page.getByLabel("Except").fill("tap-dns, vm-type=infra");
  await page.getByRole("button", { name: "1 in 4" }).click();
  await page.getByRole("button", { name: "1 week" }).click();
  await page.getByLabel("Name").fill("office");
}

async function forgetCondition(page: Page): Promise<void> {
  await chooseMatch(page);
  for (const field of ["Ports like", "VLAN"]) await page.getByLabel(field).fill("");
  await page.getByRole("button", { name: "Preview" }).click();
}

/** Fills in *New tap* but for the name. */
export async function choose(page: Page): Promise<void> {
  await page.getByLabel("Service").selectOption("ids");
  await page.getByLabel("VM").selectOption("web");
  await page.getByLabel("vNIC").selectOption("1");
  await page.getByLabel("Direction").selectOption("ingress");
  await page.getByRole("button", { name: "8 hours" }).click();
}
