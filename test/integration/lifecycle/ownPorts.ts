import { freeBasePort } from "../../lab/ssh";

/** A base port for a lab whose hosts stop answering and start again: other labs begin at 2200 and would take the ports. */
export function ownPorts(hosts: number): Promise<number> {
  return freeBasePort(hosts, 20_000 + 100 * Math.floor(Math.random() * 100));
}
