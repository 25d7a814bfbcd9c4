import { useEffect, useState } from "preact/hooks";
import type { Preview } from "../../api/changes";
import type { ConsoleError } from "../../api/error";
import { forgetDraft } from "../draft";
import { useLive } from "../liveContext";
import { moveOn } from "../navigation";
import { FileDiff, StepCard } from "../parts/diff";
import { Title } from "../parts/head";
import { LoadError, NotLoaded, ReloadError } from "../parts/loadError";
import { ErrorNotice, Notice } from "../parts/notice";
import { Bars } from "../parts/skeleton";
import { Lines, Text } from "../parts/text";
import { post, type RequestError } from "../request";
import { encoded, pathOf } from "../route";
import { titleOf } from "../sentences";
import { useLoaded } from "../useLoaded";
import { counted } from "../words";

/** What a change would do, rule by rule, before anybody confirms it. */
export function PreviewScreen(props: { id: string }) {
  const { id } = props;
  const { previews, snapshots, taps, services } = useLive();
  const news = previews.get(id);
  const path = `/api/previews/${encoded(id)}`;
  const { value: preview, error, again } = useLoaded<Preview>(path, `${snapshots} ${news?.state}`);
  // What is news of a preview is a reason to read it again. It is shown as it was read, because its news lack its steps.
  const isGoing = preview === undefined || preview.state === "waiting" || preview.state === "running";
  useEffect(() => {
    if (preview?.state !== "confirmed" || preview.change === undefined) return;
    forgetDraft(id);
    moveOn(pathOf("changes", preview.change));
  }, [preview]);
  if (preview === undefined && error !== undefined)
    return <NotLoaded what="preview" error={error} again={again} />;
  const nameOf = (one: string) => taps.get(one)?.name ?? services.get(one)?.name;
  return (
    <>
      <Title>
        <Text longest={120}>{preview === undefined ? "Preview" : titleOf(preview.edit, nameOf)}</Text>
      </Title>
      {isGoing && error === undefined && <Waiting waitsFor={news?.waitsFor ?? preview?.waitsFor} />}
      {isGoing && error !== undefined && <LoadError error={error} again={again} />}
      {!isGoing && error !== undefined && <ReloadError error={error} again={again} />}
      {!isGoing && <Outcome preview={preview} again={again} />}
    </>
  );
}

function Waiting(props: { waitsFor: string | undefined }) {
  return (
    <>
      <p role="status">
        {props.waitsFor === undefined ? (
          "Pulumi reads the hosts and works out what would change. Nothing is changed."
        ) : (
          <>
            Waits for <Text>{props.waitsFor}</Text>. Nothing is changed.
          </>
        )}
      </p>
      <Bars count={8} />
    </>
  );
}

function Outcome(props: { preview: Preview; again: () => void }) {
  const { preview, again } = props;
  const { steps, hiddenSteps, programDiff, pulumiDiff, warnings, error } = preview;
  return (
    <>
      {error !== undefined && (
        <ErrorNotice error={error}>
          <p>Nothing was changed.</p>
        </ErrorNotice>
      )}
      {preview.state === "discarded" && <Notice tone="off" title="This preview was discarded." />}
      {warnings.map((warning) => (
        <Notice key={warning} tone="warn" title={<Text longest={2000}>{warning}</Text>} />
      ))}
      {preview.state === "ready" && <Decide preview={preview} again={again} />}
      {steps.length === 0 && error === undefined && hiddenSteps === 0 && (
        <Notice tone="good" title="No host needs a change." />
      )}
      {steps.map((step) => (
        <StepCard key={`${step.type} ${step.name} ${step.op}`} step={step} />
      ))}
      {hiddenSteps > 0 && (
        <Notice tone="warn" title={`${counted(hiddenSteps, "step")} more are about what you may not see.`}>
          <p>Another person has to approve them.</p>
        </Notice>
      )}
      {programDiff !== "" && (
        <>
          <h2>Changes of the program</h2>
          <FileDiff text={programDiff} />
        </>
      )}
      {pulumiDiff !== undefined && pulumiDiff !== "" && (
        <details>
          <summary>Pulumi's own diff</summary>
          <Lines label="Pulumi's own diff">{pulumiDiff}</Lines>
        </details>
      )}
    </>
  );
}

/** The buttons, each with what it does. */
function Decide(props: { preview: Preview; again: () => void }) {
  const { preview, again } = props;
  const { id, summary, fingerprint, needsApproval, programDiff, steps, hiddenSteps } = preview;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ConsoleError>();
  const act = (what: "confirm" | "save" | "discard") => {
    setBusy(true);
    setError(undefined);
    post<{ change?: string }>(
      `/api/previews/${encoded(id)}/${what}`,
      what === "confirm" ? { fingerprint } : {},
    ).then(
      ({ change }) => {
        forgetDraft(id);
        moveOn(change === undefined ? "/" : pathOf("changes", change));
      },
      (failure: unknown) => {
        setBusy(false);
        setError((failure as RequestError).error);
        again();
      },
    );
  };
  const nothing = steps.length === 0 && hiddenSteps === 0 && programDiff === "";
  return (
    <section class="decide" aria-label="Decide">
      <p class="summary" role="status">
        <Text longest={400}>{summary}</Text>
      </p>
      <div class="actions">
        {!nothing && (
          <button
            type="button"
            class="primary"
            disabled={busy}
            aria-describedby="confirm-effect"
            onClick={() => act("confirm")}
          >
            Confirm
          </button>
        )}
        {programDiff !== "" && (
          <button type="button" disabled={busy} aria-describedby="save-effect" onClick={() => act("save")}>
            Save only
          </button>
        )}
        <button type="button" disabled={busy} onClick={() => act("discard")}>
          Discard
        </button>
      </div>
      <dl class="effects">
        {!nothing && (
          <>
            <dt>Confirm</dt>
            <dd id="confirm-effect">
              {needsApproval
                ? "asks another person to approve exactly what is below."
                : "makes exactly what is below, and nothing if that is no longer what would happen."}
            </dd>
          </>
        )}
        {programDiff !== "" && (
          <>
            <dt>Save only</dt>
            <dd id="save-effect">changes the program's file and no host.</dd>
          </>
        )}
      </dl>
      {error !== undefined && <ErrorNotice error={error} />}
    </section>
  );
}
