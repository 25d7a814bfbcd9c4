import { userInfo } from "node:os";
import { join } from "node:path";
import type { TaasError } from "../../../provider/errors";
import type { ConnectionSettings, HostRecord } from "../../../provider/host/host";
import { ConnectionPool } from "../../../provider/host/pool";
import type { SshServer, Workshop } from "./sshServer";

/** A pool with short limits, whose ssh configuration knows nothing but the workshop. */
export interface TestClient {
  pool: ConnectionPool;
  settings: ConnectionSettings;
  /** A record for a server, which the workshop's identity lets in. */
  record(server: SshServer, fields?: Partial<HostRecord>): HostRecord;
}

let clients = 0;

/** `knownHosts` is the text of the known_hosts file, `config` more lines of the ssh configuration. */
export function makeClient(
  workshop: Workshop,
  knownHosts: string,
  config: string[] = [],
  settings: Partial<ConnectionSettings> = {},
): TestClient {
  clients += 1;
  const knownHostsFile = workshop.file(`known_hosts-${clients}`, `${knownHosts}\n`);
  const sshConfig = workshop.file(
    `ssh_config-${clients}`,
    `${[
      ...config,
      "Host *",
      `  UserKnownHostsFile ${knownHostsFile}`,
      "  GlobalKnownHostsFile /dev/null",
      `  IdentityFile ${workshop.identity}`,
      "  IdentityAgent none",
      "  StrictHostKeyChecking no",
    ].join("\n")}\n`,
  );
  const all = { sshConfig, connectTimeout: 5, operationTimeout: 10, hostConcurrency: 10, ...settings };
  return {
    settings: all,
    pool: new ConnectionPool(all, 1000),
    record: (server, fields = {}) => ({
      name: "compute-1",
      address: "127.0.0.1",
      port: server.port,
      user: userInfo().username,
      ...fields,
    }),
  };
}

/** The error a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<TaasError> {
  const result = await promise.then(
    (value) => ({ value }),
    (error: TaasError) => ({ error }),
  );
  if ("error" in result) return result.error;
  throw new Error(`it did not fail, but gave ${JSON.stringify(result.value)}`);
}

/** A file in the workshop that nothing is at. */
export function absent(workshop: Workshop): string {
  return join(workshop.path, "absent");
}
