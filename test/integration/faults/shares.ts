import type { Driver, Made } from "../../driver/driver";

/** What one of many writers taps, as a stack of its own: ports of hosts, into one monitor. */
export interface Share {
  stack: string;
  monitor: { host: string; port: string };
  taps: { host: string; port: string }[];
}

/** Makes the service of a share. */
export function makeService(driver: Driver, { stack, monitor }: Share): Promise<Made> {
  return driver.service("ids", { ...monitor, owner: `${stack}/TapService/ids` });
}

/** Makes taps of a share into its service, all at once. */
export function makeTaps(
  driver: Driver,
  { stack }: Share,
  service: Made,
  taps: Share["taps"],
): Promise<Made[]> {
  return Promise.all(
    taps.map((tap) => driver.flow(tap.port, service, { ...tap, owner: `${stack}/TapFlow/${tap.port}` })),
  );
}
