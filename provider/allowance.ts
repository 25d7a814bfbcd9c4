/**
 * What a host may send without being asked: an amount at once, which comes back at a rate. All hosts share one thread, so a
 * host that sends without end would take the time of the others.
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

  /** Takes an amount; false when there is not so much left. */
  take(amount: number): boolean {
    this.refill();
    this.left -= amount;
    return this.left >= 0;
  }

  /** Gives an amount back, as far as there is room: the host was asked for something that it tells of in this way. */
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
