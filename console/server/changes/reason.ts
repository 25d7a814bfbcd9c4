import { ownerFromUrn } from "../../../provider/face/owner";
import type { Ran } from "../deploy/deployer";
import { failuresOf, nameOfUrn, type PlannedStep } from "../deploy/steps";
import { Declared } from "../program/declared";
import { programResources, readProgram } from "../program/program";
import { readableFor, wordsFor } from "../roles/readable";
import { sees, type Viewer } from "../roles/viewer";
import type { Means } from "./means";
import { seesStep, stepFor } from "./record";

/** Failures that are told one by one; of more, their count. */
const MOST = 5;

/**
 * Why a run failed, as the tenant that asked for it may know: what Pulumi says of the tenant's own resources, without what is others'. Undefined
 * where it says nothing of those, and for who may read all. `text`: the program that was run.
 */
export function ownReason(
  { events }: Ran,
  viewer: Viewer,
  { steps, text }: { steps: readonly PlannedStep[]; text: string },
  { live, identity, people }: Pick<Means, "live" | "identity" | "people">,
): string | undefined {
  if (viewer.role !== "tenant") return undefined;
  const ownSteps = steps.filter((step) => seesStep(viewer, step));
  const declared = new Declared(
    programResources(readProgram(text), identity).filter(
      ({ properties: { tenant } }) => typeof tenant === "string" && sees(viewer, { tenant }),
    ),
  );
  const isOwn = (urn: string): boolean =>
    ownSteps.some((step) => step.urn === urn) ||
    declared.of(ownerFromUrn(urn, identity.organization)) !== undefined;
  const own = failuresOf(events).flatMap(({ urn, message }) =>
    urn !== undefined && isOwn(urn) ? [{ name: nameOfUrn(urn), message }] : [],
  );
  const names = own.map(({ name }) => name);
  const shown = [ownSteps.map(({ step }) => stepFor(viewer, step)), names];
  const words = wordsFor(viewer, live.all, { shown, people });
  const told = [...new Set(own.map(({ name, message }) => `${name}: ${readableFor(words, message)}`))];
  if (told.length === 0) return undefined;
  const more = told.length > MOST ? `; and ${told.length - MOST} more` : "";
  return `${told.slice(0, MOST).join("; ")}${more}`;
}
