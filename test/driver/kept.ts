import type { Driver, Kind, Made } from "./driver";

/** Resources that a test keeps by name with their arguments, to refresh them and bring them up again and again. */
export class Kept {
  private readonly resources = new Map<string, { made: Made; args: Record<string, unknown> }>();

  /** `driver`: who makes, reads and updates; another one is another run. */
  constructor(public driver: Driver) {}

  /** Makes a resource and keeps it. */
  async keep(kind: Kind, name: string, args: Record<string, unknown>): Promise<Made> {
    const made = await this.driver.create(kind, name, args);
    this.resources.set(name, { made, args });
    return made;
  }

  /** A resource as the state records it. */
  get(name: string): Made {
    return this.resources.get(name)!.made;
  }

  /** Names of all resources, in the order of creation. */
  get names(): string[] {
    return [...this.resources.keys()];
  }

  /** Reads everything, in one breath as far as the hosts are concerned; the statuses that are not active. */
  async refresh(): Promise<Record<string, string>> {
    const read = [...this.resources].map(async ([name, { made }]) => {
      const { props } = await this.driver.read(made);
      return [name, props === undefined ? "gone" : String(props.status)] as const;
    });
    return Object.fromEntries((await Promise.all(read)).filter(([, status]) => status !== "active"));
  }

  /** Updates what the last refresh found drifted, one after the other, `first` before the others; resolves to the names. */
  async up(first?: string): Promise<string[]> {
    const updated: string[] = [];
    const inOrder = [...this.resources].sort(([a], [b]) => Number(b === first) - Number(a === first));
    for (const [name, { made, args }] of inOrder) {
      if (await this.driver.update(made, args)) updated.push(name);
    }
    return updated;
  }
}
