import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixtureProject, repositoryRoot } from "../../engine/fixtureProject";
import { openStack, type Stack } from "../../engine/stack";
import { BROADCAST, ethernet } from "../../lab/frames";
import type { Vm } from "../../lab/vm";

/** A YAML program of a test and its stack. */
export interface YamlProgram {
  stack: Stack;
  /** Removes the program and the state. */
  remove(): void;
}

/** Opens a stack of a YAML program, given as what follows its head. Its project is called `fixture`. */
export async function openYaml(
  text: string,
  config: Record<string, unknown>,
  name = "test",
): Promise<YamlProgram> {
  const head = `name: fixture\nruntime: yaml\npackages: { taas: ${join(repositoryRoot(), "plugin")} }\n`;
  const projectDir = fixtureProject({ "Pulumi.yaml": head + text });
  const workDir = mkdtempSync(join(tmpdir(), "taas-state-"));
  const stack = await openStack({ projectDir, stack: name, config, workDir });
  return {
    stack,
    remove: () => {
      for (const path of [projectDir, workDir]) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** How many of some broadcasts of a VM arrive at another. */
export async function copies(from: Vm, at: Vm, count = 10): Promise<number> {
  const frames = Array.from({ length: count }, (_, index) =>
    ethernet({ source: from.mac, destination: BROADCAST }, 0x88b5, Buffer.from([index, count, 0, 1])),
  );
  const capture = await at.capture();
  await from.send(frames);
  await capture.settle({ quietMs: 300 });
  const seen = await capture.stop();
  return seen.filter((frame) => frames.some((sent) => sent.equals(frame.subarray(0, sent.length)))).length;
}
