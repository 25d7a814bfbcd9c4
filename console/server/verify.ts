import type { StageVerification } from "../../provider/verify/verification";
import { verifyTaps } from "../../provider/verify/verifyTaps";
import type { Stage } from "../api/rows";
import type { Console } from "./console";
import { forbidden, notFound, Refusal } from "./refusal";
import { stageFor } from "./roles/readable";
import type { Viewer } from "./roles/viewer";
import { stagesFor, tapRowFor } from "./views";

/** How a verdict is shown on a stage; other verdicts show nothing. */
const PROOFS = { proved: "proved", "no-traffic": "no-traffic", wrong: "failed" } as const;

/**
 * The path of a tap, with the verdict on each stage. Probe frames pass the tunnel and end there; no VM receives one.
 * Throws a Refusal for a viewer, and for a tap that a tenant may not see.
 */
export async function verifyFor(console: Console, viewer: Viewer, id: string): Promise<Stage[]> {
  const row = tapRowFor(console, viewer, id);
  if (viewer.role === "viewer") throw forbidden("your role is viewer, and a verification sends frames");
  const { source, far } = console.live.ends.flows.get(row.owner) ?? {};
  const records = [source, far].flatMap((end) => (end === undefined ? [] : [end.view.record]));
  const turn = { label: `verification of ${row.name}`, waits: () => {} };
  const found = await oneOfEach(console.verifying, viewer, () =>
    console.verifications.take(turn, () => {
      console.verifications.checkOpen();
      return verifyTaps(console.options.context, records);
    }),
  );
  const verification = found.taps.find(({ owner }) => owner === row.owner);
  if (verification === undefined) throw notFound("tap");
  return stagesFor(console, viewer, row)
    .map((stage) =>
      withProof(
        stage,
        verification.stages.find((each) => each.stage === stage.kind),
      ),
    )
    .map((stage) => stageFor(viewer, stage, console.live.all));
}

/** Others wait for a verification, so that nobody has two at the same time. */
async function oneOfEach<T>(verifying: Set<string>, { user }: Viewer, verify: () => Promise<T>): Promise<T> {
  if (verifying.has(user))
    throw new Refusal(429, {
      code: "too-many",
      message: "a verification of yours has not ended yet",
      hint: "Wait for it",
    });
  verifying.add(user);
  try {
    return await verify();
  } finally {
    verifying.delete(user);
  }
}

function withProof(stage: Stage, proved: StageVerification | undefined): Stage {
  if (proved === undefined) return stage;
  const { verdict, detail } = proved;
  const proof = verdict in PROOFS ? { proof: PROOFS[verdict as keyof typeof PROOFS] } : {};
  return { ...stage, ...proof, reason: detail, ...(verdict === "wrong" ? { state: "dead" as const } : {}) };
}
