import type { Command } from "../host/script";
import type { ExecOptions, ExecResult } from "../host/transport";

/** Runs one command on the host with the rights that Open vSwitch's tools need. */
export type Run = (command: Command, options?: ExecOptions) => Promise<ExecResult>;
