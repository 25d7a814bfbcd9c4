import { HostSession } from "../../../provider/host/session";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { createContext } from "../../../provider/runtime";
import { readSettings } from "../../../provider/settings";
import { StackFile, type Wanted } from "./stack";

/** What a child does: one `up` or one `destroy`, killed at its `at`-th call to a host, if it comes to that. */
export interface Order {
  sshConfig: string;
  stack: string;
  state: string;
  /** Absent: destroy. */
  program?: Wanted[];
  /** Counts calls from 1; 0: never. */
  at: number;
  moment: Moment;
}

/** before: the host is not asked; during: it is, and the answer is not awaited; after: the answer is lost. */
export type Moment = "before" | "during" | "after";

/** What a child that was not killed reports. */
export interface Report {
  calls: number;
  error?: string;
}

/** Milliseconds in which a call reaches its host but is not answered yet. */
const UNDER_WAY = 4;

type Method = (...args: unknown[]) => Promise<unknown>;

function die(): Promise<never> {
  process.kill(process.pid, "SIGKILL");
  return new Promise(() => {});
}

let calls = 0;

/** Counts every call of a method and ends this process at one of them. */
function watch(prototype: object, name: string, { at, moment }: Order): void {
  const methods = prototype as Record<string, Method>;
  const original = methods[name]!;
  methods[name] = async function (this: unknown, ...args: unknown[]) {
    calls += 1;
    const struck = calls === at;
    if (struck && moment === "before") return die();
    if (struck && moment === "during") setTimeout(() => void die(), UNDER_WAY);
    const result = await original.apply(this, args);
    return struck ? die() : result;
  };
}

async function carryOut(order: Order): Promise<Report> {
  watch(OvsdbClient.prototype, "transact", order);
  watch(HostSession.prototype, "exec", order);
  const settings = readSettings((key) => (key === "taas:sshConfig" ? order.sshConfig : undefined));
  const stack = new StackFile(
    createContext(settings, () => {}),
    order.stack,
    order.state,
  );
  try {
    if (order.program === undefined) await stack.destroy();
    else await stack.up(order.program);
    return { calls };
  } catch (error) {
    return { calls, error: (error as Error).message };
  }
}

process.once("message", (order: Order) => {
  void carryOut(order).then((report) => process.send!(report, () => process.exit(0)));
});
process.once("disconnect", () => process.exit(0));
