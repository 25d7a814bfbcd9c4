import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { waitUntil } from "./sshServer";

/** A private ovsdb-server with an empty Open vSwitch database. */
export interface OvsdbServer {
  /** Its run directory, with `db.sock` in it. */
  rundir: string;
  stop(): Promise<void>;
}

/** Starts it in a new directory below `parent`. */
export async function startOvsdbServer(parent: string): Promise<OvsdbServer> {
  const rundir = join(parent, "openvswitch");
  mkdirSync(rundir);
  const database = join(rundir, "conf.db");
  execFileSync("ovsdb-tool", ["create", database, "/usr/share/openvswitch/vswitch.ovsschema"]);
  const socket = join(rundir, "db.sock");
  const child = spawn(
    "ovsdb-server",
    [`--remote=punix:${socket}`, "--unixctl=none", "--no-chdir", database],
    {
      stdio: "ignore",
      env: { ...process.env, OVS_RUNDIR: rundir },
    },
  );
  // The socket exists a moment before anybody listens at it.
  await waitUntil(() => spawnSync("ovsdb-client", ["list-dbs", `unix:${socket}`]).status === 0);
  execFileSync("ovsdb-client", [
    "transact",
    `unix:${socket}`,
    '["Open_vSwitch",{"op":"insert","table":"Open_vSwitch","row":{}}]',
  ]);
  return {
    rundir,
    async stop() {
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill();
      await ended;
    },
  };
}
