/** An interface in a namespace of the lab: how to get there, and its name there. */
export interface Place {
  /** The words in front of a command that make it run there. */
  enter: readonly string[];
  /** Path of the program that sends and captures; see `PACKET_AGENT`. */
  agent: string;
  interface: string;
  /** For messages. */
  label: string;
}
