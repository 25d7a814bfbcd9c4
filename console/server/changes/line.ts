import { Refusal } from "../refusal";

/** Work that runs, or waits for work that runs. */
export interface Turn {
  /** Whose it is and since when, for those that wait: `alice's run of 10:02:11`. */
  label: string;
  /** Called with what it waits for; with undefined once it runs. */
  waits(what: string | undefined): void;
}

/** Runs work one after another: later work waits, and is told for whom. */
export class Line {
  private readonly turns: Turn[] = [];
  private last: Promise<unknown> = Promise.resolve();
  private isOpen = true;

  /** Runs work after the work before it has ended, however it ends. */
  take<T>(turn: Turn, work: () => Promise<T>): Promise<T> {
    this.turns.push(turn);
    const [running] = this.turns;
    if (running !== turn) turn.waits(running!.label);
    const done = this.last.then(async () => {
      turn.waits(undefined);
      for (const other of this.turns.slice(1)) other.waits(turn.label);
      try {
        return await work();
      } finally {
        this.turns.shift();
      }
    });
    this.last = done.catch(() => {});
    return done;
  }

  /** Ends the line: whatever checks that it is open does not begin any more. */
  end(): void {
    this.isOpen = false;
  }

  /** For work whose turn has come, before it does anything. Throws a Refusal once the line has ended. */
  checkOpen(): void {
    if (this.isOpen) return;
    throw new Refusal(503, {
      code: "interrupted",
      message: "the console ended before this ran",
      hint: "Preview again",
    });
  }

  /** Resolves when nothing is running or waiting. */
  async idle(): Promise<void> {
    while (this.turns.length > 0) await this.last;
  }
}
