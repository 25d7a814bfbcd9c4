import { type Peer, sessionRefused } from "./failures";
import { Semaphore } from "./semaphore";

/** The server refused to open a session because it allows fewer at once (MaxSessions). The command has not run. */
export class SessionRefused extends Error {}

/** Concurrent sessions on a connection: below sshd's default MaxSessions 10. Forwarded sockets do not count. */
const MAX_SESSIONS = 8;

/** The sessions of one connection. If a server allows fewer than usual, the limit is lowered to what it allows. */
export class Sessions {
  private readonly slots = new Semaphore(MAX_SESSIONS);

  constructor(private readonly peer: Peer) {}

  /**
   * Runs a task in a session as soon as one is free; a task that fails with `SessionRefused` waits for another to end.
   */
  async run<T>(task: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await this.slots.run(task);
      } catch (error) {
        if (!(error instanceof SessionRefused)) throw error;
        if (this.slots.active === 0) throw sessionRefused(this.peer, error);
        this.slots.lower(this.slots.active);
      }
    }
  }
}
