import { once } from "node:events";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { TaasError } from "../../../provider/errors";
import { HostSession } from "../../../provider/host/session";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { SwitchClient } from "../../../provider/ovs/switchClient";
import { createContext } from "../../../provider/runtime";
import { readSettings } from "../../../provider/settings";
import { StackFile, type Wanted } from "./stack";

/** What a child does: one `up` or one `destroy`, struck at its `at`-th call to a host, if it comes to that. */
export interface Order {
  sshConfig: string;
  stack: string;
  state: string;
  /** Absent: destroy. */
  program?: Wanted[];
  /** Counts calls from 1; 0: never. */
  at: number;
  moment: Moment;
  /** Default SIGKILL. */
  strike?: Strike;
  /** Seconds; default as the stack configuration's. */
  operationTimeout?: number;
  /** Seconds; default as the stack configuration's. */
  connectTimeout?: number;
}

/** before: the host is not asked; during: it is, and the answer is not awaited; after: the answer is lost. */
export type Moment = "before" | "during" | "after";

/** A signal to the child itself, or `pause`: it says "paused" and waits until it is told to go on. */
export type Strike = "SIGKILL" | "SIGSTOP" | "SIGINT" | "pause";

/** What a child that was not killed reports. */
export interface Report {
  calls: number;
  /** What each call was: the host, and `read`, `write`, or the name of the command; `switch read` and `switch write` of a bridge itself. */
  kinds: string[];
  error?: string;
  code?: string;
}

/** Milliseconds in which a call reaches its host but is not answered yet. */
const UNDER_WAY = 4;

type Method = (this: unknown, ...args: never[]) => Promise<unknown>;

async function suffer(strike: Strike): Promise<void> {
  if (strike === "pause") {
    const goesOn = once(process, "message");
    process.send!("paused");
    await goesOn;
    return;
  }
  process.kill(process.pid, strike);
  if (strike === "SIGKILL") await new Promise(() => {});
}

const kinds: string[] = [];

/** Notes every call of a method, and strikes this process at one of them. */
function watch<Self>(
  prototype: Self,
  name: keyof Self,
  kindOf: (self: Self, argument: readonly unknown[]) => string,
  { at, moment, strike = "SIGKILL" }: Order,
): void {
  const methods = prototype as Record<keyof Self, Method>;
  const original = methods[name];
  methods[name] = async function (this: unknown, ...args: never[]) {
    kinds.push(kindOf(this as Self, args[0]!));
    const struck = kinds.length === at;
    if (struck && moment === "before") await suffer(strike);
    const call = original.apply(this, args);
    if (struck && moment === "during") await Promise.all([call, sleep(UNDER_WAY).then(() => suffer(strike))]);
    const result = await call;
    if (struck && moment === "after") await suffer(strike);
    return result;
  };
}

const WRITES: readonly unknown[] = ["insert", "update", "mutate", "delete"];

function transactionKind({ host }: OvsdbClient, operations: readonly unknown[]): string {
  const writes = operations.some((operation) => WRITES.includes((operation as { op: string }).op));
  return `${host} ${writes ? "write" : "read"}`;
}

/** Scripts have their name as the word after them. */
function commandKind({ record }: HostSession, argv: readonly unknown[]): string {
  return `${record.name} ${argv[0] === "sh" ? (argv[3] ?? "probe") : argv[0]}`;
}

/** Whose bridges are spoken to by which streams. */
const switches = new WeakMap<Duplex, string>();

function noteSwitches(): void {
  const original = HostSession.prototype.openSwitch;
  HostSession.prototype.openSwitch = async function (this: HostSession, bridge) {
    const stream = await original.call(this, bridge);
    if (stream !== undefined) switches.set(stream, this.record.name);
    return stream;
  };
}

function hostOf(client: SwitchClient): string {
  return switches.get((client as unknown as { stream: Duplex }).stream)!;
}

async function carryOut(order: Order): Promise<Report> {
  watch(OvsdbClient.prototype, "monitor", ({ host }) => `${host} read`, order);
  watch(OvsdbClient.prototype, "transact", transactionKind, order);
  watch(HostSession.prototype, "exec", commandKind, order);
  noteSwitches();
  watch(SwitchClient.prototype, "read", (client) => `${hostOf(client)} switch read`, order);
  watch(SwitchClient.prototype, "commit", (client) => `${hostOf(client)} switch write`, order);
  const settings = readSettings((key) => {
    const value = order[key.replace(/^taas:/, "") as "sshConfig" | "operationTimeout" | "connectTimeout"];
    return value === undefined ? undefined : String(value);
  });
  const stack = new StackFile(
    createContext(settings, () => {}),
    order.stack,
    order.state,
  );
  const report = () => ({ calls: kinds.length, kinds });
  try {
    if (order.program === undefined) await stack.destroy();
    else await stack.up(order.program);
    return report();
  } catch (error) {
    const code = error instanceof TaasError ? { code: error.code } : {};
    return { ...report(), error: (error as Error).message, ...code };
  }
}

process.once("message", (order: Order) => {
  void carryOut(order).then((report) => process.send!(report, () => process.exit(0)));
});
process.once("disconnect", () => process.exit(0));
