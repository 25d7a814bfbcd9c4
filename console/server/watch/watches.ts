import type { Context } from "../../../provider/resource/context";
import { notFound, Refusal } from "../refusal";
import type { Viewer } from "../roles/viewer";
import { type Reader, Watch } from "./watch";
import { isSame, type Watched } from "./watched";

/**
 * Captures at the same time: of all, of taps of one tenant, and of all where an admin asks, whom tenants do not keep out. Each takes up to 2 of the
 * 32 Mirrors of its host's bridge.
 */
const MOST = 8;
const MOST_OF_TENANT = 4;
const MOST_FOR_ADMIN = 10;
/** The most watches whose frames can still be downloaded. */
const MOST_KEPT = 16;

/** All watches of a console: one per tap, however many people look. */
export class Watches {
  /** Watches that have not been deleted from their hosts yet. */
  private readonly running = new Set<Watch>();
  /** The latest watch of each tap, by its id, the oldest first. */
  private readonly last = new Map<string, Watch>();

  constructor(private readonly context: Context) {}

  /**
   * Sends a reader the frames that a tap copies. Returns a function that ends it. Throws a Refusal if there are too
   * many watches.
   */
  join(watched: Watched, reader: Reader, role: Viewer["role"]): () => void {
    const last = this.last.get(watched.id);
    if (last !== undefined && !last.isOver && isSame(last.watched, watched)) return last.join(reader);
    const { tenant } = watched;
    const own = [...this.running].filter(({ watched: other }) => other.tenant === tenant);
    const isFull =
      role === "admin"
        ? this.running.size >= MOST_FOR_ADMIN
        : this.running.size >= MOST || (tenant !== undefined && own.length >= MOST_OF_TENANT);
    if (isFull)
      throw new Refusal(429, {
        code: "too-many-watches",
        message: "too many taps are watched already",
        hint: "Close a page that watches another tap, and watch again",
      });
    return this.begin(watched).join(reader);
  }

  /** The file of a tap's latest watch. Throws a Refusal if there is none, or if it contains another tenant's frames. */
  pcapng(id: string, tenant: string | undefined): Buffer {
    const watch = this.last.get(id);
    if (watch === undefined || watch.watched.tenant !== tenant) throw notFound("capture");
    return watch.pcapng();
  }

  /** Ends all, and waits until they are deleted from their hosts. */
  async stop(): Promise<void> {
    for (const watch of this.running) watch.end();
    await Promise.all([...this.running].map(({ done }) => done));
  }

  private begin(watched: Watched): Watch {
    const watch = new Watch(this.context, watched);
    this.running.add(watch);
    void watch.done.then(() => this.running.delete(watch));
    this.last.delete(watched.id);
    this.last.set(watched.id, watch);
    for (const [id, old] of this.last) {
      if (this.last.size <= MOST_KEPT) break;
      if (old.isOver) this.last.delete(id);
    }
    return watch;
  }
}
