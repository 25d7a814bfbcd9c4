import { COMPUTED, FOUND, type Kind } from "../provider/face/computed";
import { comparable, isEqual } from "../provider/resource/compare";
import type { Properties } from "../provider/resource/resource";
import { hasUnknown, UNKNOWN } from "../provider/schema/unknown";

/**
 * The outputs of a resource as a preview knows them: what follows from the arguments, and what an operation found out
 * on hosts earlier, if the arguments that determine it are unchanged. The rest is unknown. `olds`: the outputs in the
 * state; empty for a create.
 */
export function predictedOutputs(kind: Kind, inputs: Properties, olds: Properties): Properties {
  const stays = (argument: string) =>
    !hasUnknown(inputs[argument]) &&
    isEqual(comparable(inputs[argument] ?? null), comparable(olds[argument] ?? null));
  const outputs = COMPUTED[kind]
    .filter((name) => !(name in inputs))
    .map((name) => {
      const isKept = isMade(olds) && FOUND[kind][name]?.every(stays);
      return [name, isKept ? olds[name] : UNKNOWN] as const;
    });
  const known = outputs.filter(([, value]) => value !== undefined);
  return { ...inputs, ...Object.fromEntries(known), incarnation: olds.incarnation ?? UNKNOWN };
}

/** Whether the outputs of a resource show that its ports were found the last time. */
function isMade({ incarnation, portName }: Properties): boolean {
  return incarnation !== undefined && portName !== "";
}
