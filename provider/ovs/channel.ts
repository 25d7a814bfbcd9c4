import type { Duplex } from "node:stream";
import type { ExecOptions, ExecResult } from "../host/transport";

/**
 * How the database of one host is reached: a stream to ovsdb-server's unix socket, or, where the socket cannot be
 * forwarded, `ovsdb-client transact` run on the host. The tool is given `["Open_vSwitch", operation, ...]` as JSON and
 * answers with the JSON array of results that it prints.
 */
export type OvsdbChannel =
  | { kind: "stream"; stream: Duplex }
  | { kind: "tool"; transact(json: string): Promise<string> };

/** Runs one command on the host with the rights that Open vSwitch's tools need. Arguments are an argv, never shell text. */
export type Run = (argv: readonly string[], options?: ExecOptions) => Promise<ExecResult>;
