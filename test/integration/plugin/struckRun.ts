import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exited } from "../../engine/childProcess";
import type { Lab } from "../../lab/lab";
import type { WrittenProgram } from "../lifecycle/program";
import type { Order, Strike } from "./striker";

/** A run that was struck, or ended before. */
export interface StruckRun {
  /** What the engine printed. */
  text: string;
  struck: boolean;
  /** How often the plugin wrote to hosts; 0 where it was killed and could not tell. */
  writes: number;
  /** The plugin's processes. */
  plugins: number[];
}

/** Runs `up` or `destroy` of a program in a process of its own, and strikes it just before the plugin's `at`-th write to a host. */
export async function runStruck(
  { lab, program }: { lab: Lab; program: WrittenProgram },
  command: "up" | "destroy",
  { at, strike }: { at: number; strike: Strike },
): Promise<StruckRun> {
  const { projectDir, workDir } = program.places;
  const [journal, config] = ["strike.journal", "config.json"].map((name) => join(workDir, name)) as [
    string,
    string,
  ];
  rmSync(journal, { force: true });
  writeFileSync(config, JSON.stringify(program.config));
  const ports = lab.hosts.map(({ sshPort }) => sshPort);
  const order: Order = { at, strike, ports, journal };
  const engine = spawn(
    process.execPath,
    [
      join(__dirname, "../../engine/cli.js"),
      ...[command, "--project", projectDir, "--stack", "test"],
      ...["--work-dir", workDir, "--config-json", config],
    ],
    {
      env: {
        ...process.env,
        NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --require ${join(__dirname, "striker.js")}`,
        TAAS_STRIKE: JSON.stringify(order),
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let text = "";
  for (const stream of [engine.stdout, engine.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  await exited(engine);
  return { text, ...read(journal) };
}

function read(journal: string): Omit<StruckRun, "text"> {
  const lines = existsSync(journal) ? readFileSync(journal, "utf8").split("\n") : [];
  const numbers = (word: string) =>
    lines.filter((line) => line.startsWith(word)).map((line) => Number(line.split(" ")[1]));
  return {
    struck: lines.includes("struck"),
    writes: Math.max(0, ...numbers("wrote")),
    plugins: numbers("began"),
  };
}
