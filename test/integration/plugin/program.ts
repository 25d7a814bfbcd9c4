import { BROADCAST, ethernet } from "../../lab/frames";
import type { Vm } from "../../lab/vm";
import { received } from "../copies/traffic";
import { WrittenProgram } from "../lifecycle/program";

/** Opens a stack of a YAML program, given as what follows its head. Its project is called `fixture`. */
export function openYaml(
  text: string,
  config: Record<string, unknown>,
  name = "test",
): Promise<WrittenProgram> {
  return WrittenProgram.open("YAML", text, config, name);
}

/** How many of some broadcasts of a VM, which are no IP, arrive at another, each byte for byte. */
export async function copies(from: Vm, at: Vm, count = 10): Promise<number> {
  const header = { source: from.mac, destination: BROADCAST };
  const frames = Array.from({ length: count }, (_, index) =>
    ethernet(header, 0x88b5, Buffer.alloc(46, index)),
  );
  const [seen] = await received([at], () => from.send(frames));
  return seen!.filter((frame) => frames.some((sent) => sent.equals(frame))).length;
}
