import type { HostRecord } from "../../provider/host/host";
import type { Context } from "../../provider/resource/context";
import type { Lock } from "../api/changes";
import type { ConsoleError } from "../api/error";
import type { Event } from "../api/events";
import type { Session } from "../api/session";
import { Changes } from "./changes/changes";
import { History } from "./changes/history";
import { Line } from "./changes/line";
import type { Deployer } from "./deploy/deployer";
import { Live } from "./live/live";
import { ownStack, type StackIdentity } from "./program/program";
import { ProgramFile } from "./program/programFile";
import { ProgramWatch } from "./program/programWatch";
import { Refusal } from "./refusal";
import type { Users } from "./roles/users";
import type { Viewer } from "./roles/viewer";
import { orLogged } from "./unexpected";
import { Watches } from "./watch/watches";

/** The program that a console edits, and what deploys it. */
export interface Project {
  /** Path of Pulumi.yaml. */
  file: string;
  /** The project's `name`. */
  name: string;
  identity: StackIdentity;
  deployer: Deployer;
  /** Where changes are stored; undefined: only while the console runs. */
  historyFile?: string;
}

/** What a console shows, and to whom. */
export interface ConsoleOptions {
  context: Context;
  /** The hosts of the inventory, except those that are declared gone. */
  hosts: readonly HostRecord[];
  /** Those that are declared gone. */
  gone: readonly HostRecord[];
  /** Absent for a read-only console. */
  project?: Project | undefined;
  /** Absent: one operator, who may do everything. */
  users?: Users | undefined;
}

/** A console without its HTTP server: the hosts' state, the program, and its changes. */
export class Console {
  readonly live: Live;
  readonly changes: Changes | undefined;
  /** One verification at a time, because each reads all counters of its hosts. */
  readonly verifications = new Line();
  /** Who waits for one. */
  readonly verifying = new Set<string>();
  readonly watches: Watches;
  private readonly program: ProgramWatch | undefined;
  private locked: Lock | undefined;
  private readonly listeners = new Set<(event: Event) => void>();

  constructor(readonly options: ConsoleOptions) {
    const { context, hosts, gone, project, users } = options;
    const stack = project && ownStack({ project: project.name }, project.identity);
    this.live = new Live(context, { hosts, gone }, stack);
    this.watches = new Watches(context);
    if (project === undefined) return;
    const file = new ProgramFile(project.file);
    this.program = new ProgramWatch(file, project.identity, (resources, error) => {
      // While it cannot be read, it is as it was.
      if (error === undefined) this.live.setProgram(resources);
      this.say({ type: "program", ...(error === undefined ? {} : { error }) });
    });
    const means = {
      ...{ context, live: this.live, identity: project.identity, deployer: project.deployer, file },
      hosts: new Map(hosts.map((record) => [record.address, record])),
      line: new Line(),
      approval: users?.approval ?? false,
      people: Object.keys(users?.users ?? {}),
      say: (event: Event) => this.say(event),
    };
    this.changes = new Changes(means, new History(project.historyFile));
  }

  /** Watches hosts and program until it is stopped. */
  async run(): Promise<void> {
    await this.changes?.open();
    await this.program?.start();
    await this.live.run();
  }

  /** Ends everything, and waits for a running run and for captures to be deleted from their hosts. What waits does not begin. */
  async stop(): Promise<void> {
    this.program?.stop();
    this.verifications.end();
    await Promise.all([this.changes?.end(), this.watches.stop()]);
    this.live.stop();
  }

  /** Whose run locked the stack when the console last tried; undefined where nobody's did. */
  get lock(): Lock | undefined {
    return this.locked;
  }

  /** Why the program cannot be read; undefined while it can. */
  get programError(): ConsoleError | undefined {
    return this.program?.error;
  }

  /** The changes. Throws a Refusal if the viewer may make none. */
  changesOf(viewer: Viewer): Changes {
    const reason = this.readOnlyReason(viewer);
    if (reason !== undefined || this.changes === undefined)
      throw new Refusal(403, { code: "forbidden", message: reason ?? "" });
    return this.changes;
  }

  /** Who is looking, and what they may do. */
  session(viewer: Viewer): Session {
    const { project, users } = this.options;
    const readOnly = this.readOnlyReason(viewer);
    const { user, role, tenant } = viewer;
    return {
      ...{
        user,
        role,
        approval: users?.approval ?? false,
        can: { verify: role !== "viewer", watch: role !== "viewer" },
      },
      ...(tenant === undefined ? {} : { tenant }),
      ...(readOnly === undefined ? {} : { readOnly }),
      ...(project === undefined ? {} : { project: { name: project.name, stack: project.identity.stack } }),
    };
  }

  /** Reports everything that changes. Returns a function that ends it. */
  subscribe(listener: (event: Event) => void): () => void {
    this.listeners.add(listener);
    const end = this.live.subscribe(listener);
    return () => {
      this.listeners.delete(listener);
      end();
    };
  }

  private readOnlyReason({ role }: Viewer): string | undefined {
    if (this.options.project === undefined)
      return "the console was started without --project, so it is read-only";
    return role === "viewer" ? "your role is viewer" : undefined;
  }

  private say(event: Event): void {
    if (event.type === "lock") this.locked = event.lock;
    for (const listener of [...this.listeners]) orLogged(() => listener(event));
  }
}
