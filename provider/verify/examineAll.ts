import { type Examined, examine } from "./examine";
import { type Failure, failureOf, type Seen, type SeenHost } from "./see";

/** Examined hosts by machine, with access to them until the examination is over. */
export interface Lent {
  hosts: ReadonlyMap<string, Examined>;
  release(): void;
}

/** Examines all hosts that could be read. Those that fail meanwhile are added to the hosts that could not be read. */
export async function examineAll(seen: Seen, seconds: number): Promise<Lent> {
  let release = (): void => {};
  const over = new Promise<void>((resolve) => {
    release = resolve;
  });
  const examined = await Promise.all(
    [...seen.hosts].map(async ([machine, host]) => {
      try {
        return [[machine, await lend(host, seconds, over)] as const];
      } catch (error) {
        lose(seen, machine, host, failureOf(error));
        return [];
      }
    }),
  );
  return { hosts: new Map(examined.flat()), release };
}

/** Examines a host and keeps its connection until the examination is over. */
function lend(host: SeenHost, seconds: number, over: Promise<void>): Promise<Examined> {
  return new Promise((resolve, reject) => {
    host.host
      .use(async (access) => {
        const examined = await examine(access, host, seconds);
        resolve(examined);
        await over;
        if (!("why" in examined.channel)) examined.channel.close();
      })
      .catch(reject);
  });
}

function lose(seen: Seen, machine: string, { look }: SeenHost, failure: Failure): void {
  const lost = { host: look.record.name, ...failure };
  seen.missing.set(machine, lost);
  if (seen.named.has(machine)) seen.unseen.push(lost);
}
