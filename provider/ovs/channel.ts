import type { ExecOptions, ExecResult } from "../host/transport";

/** Runs one command on the host with the rights that Open vSwitch's tools need. Arguments are an argv, never shell text. */
export type Run = (argv: readonly string[], options?: ExecOptions) => Promise<ExecResult>;
