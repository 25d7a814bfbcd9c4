/**
 * What a host may send unasked: a fixed amount at once, which is refilled at a fixed rate. All hosts share one thread,
 * so a host that sends without end would take the time of the others.
 */
export class Allowance {
  private left: number;
  private at = performance.now();

  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
  ) {
    this.left = burst;
  }

  /** Takes an amount; false if less than that is left. */
  take(amount: number): boolean {
    this.refill();
    this.left -= amount;
    return this.left >= 0;
  }

  /** Returns an amount, up to the limit: the host answers a request with it. */
  give(amount: number): void {
    this.refill();
    this.left = Math.min(this.burst, this.left + amount);
  }

  private refill(): void {
    const now = performance.now();
    this.left = Math.min(this.burst, this.left + ((now - this.at) * this.perSecond) / 1000);
    this.at = now;
  }
}
