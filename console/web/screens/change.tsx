import { useState } from "preact/hooks";
import type { Change } from "../../api/changes";
import type { ConsoleError } from "../../api/error";
import { useLive } from "../liveContext";
import { Link } from "../navigation";
import { OutcomeBadge } from "../parts/badges";
import { FileDiff, StepCard } from "../parts/diff";
import { Back, Head, Title } from "../parts/head";
import { NotLoaded, ReloadError } from "../parts/loadError";
import { ErrorNotice, Notice } from "../parts/notice";
import { Bars } from "../parts/skeleton";
import { Lines, Text, When } from "../parts/text";
import { post, type RequestError } from "../request";
import { encoded, pathOf } from "../route";
import { useLoaded } from "../useLoaded";

/** One change: a run in progress, or its outcome. The run continues without this page. */
export function ChangeScreen(props: { id: string }) {
  const { id } = props;
  const { changes, progress, snapshots } = useLive();
  const row = changes.find((each) => each.id === id);
  const run = progress.get(id);
  const path = `/api/changes/${encoded(id)}`;
  const version = `${snapshots} ${row?.outcome} ${run?.done}`;
  const { value: change, error, again } = useLoaded<Change>(path, version);
  if (change === undefined && error !== undefined)
    return <NotLoaded what="change" error={error} again={again} />;
  if (change === undefined) return <Loading />;
  // Its row may have the outcome already, and is a reason to read it again. It is shown as it was read, because its row lacks its steps.
  const { outcome } = change;
  const running = outcome === "running" || outcome === "waiting";
  const over = change.steps.filter(({ done, error }) => done || error !== undefined);
  return (
    <>
      <Back to="/changes" />
      <Head title={<Text>{change.what}</Text>}>
        <span role="status">
          <OutcomeBadge outcome={outcome} />
        </span>
      </Head>
      <p class="soft">
        <Text>{change.by}</Text>, <When time={change.at} />
        {change.approvedBy !== undefined && (
          <>
            , approved by <Text>{change.approvedBy}</Text>
          </>
        )}
      </p>
      {error !== undefined && <ReloadError error={error} again={again} />}
      <Outcome change={change} waitsFor={row?.waitsFor ?? change.waitsFor} />
      {outcome === "running" && (
        <Progress done={run?.done ?? over.length} total={run?.total ?? change.steps.length} />
      )}
      {change.steps.map((step) => (
        <StepCard key={`${step.type} ${step.name} ${step.op}`} step={step} running={running} />
      ))}
      {change.programDiff !== "" && (
        <>
          <h2>Changes of the program</h2>
          <FileDiff text={change.programDiff} />
        </>
      )}
      {change.log.length > 0 && (
        <details>
          <summary>What Pulumi printed</summary>
          <Lines label="What Pulumi printed">{change.log.join("\n")}</Lines>
        </details>
      )}
    </>
  );
}

function Loading() {
  return (
    <>
      <Title>Change</Title>
      <Bars count={5} />
    </>
  );
}

function Progress(props: { done: number; total: number }) {
  const { done, total } = props;
  return (
    <p class="progress">
      <progress aria-label="Resources done" value={done} max={Math.max(total, 1)} />{" "}
      <span>
        {done} of {total}
      </span>
    </p>
  );
}

/** The meaning of an outcome, and what to do now. */
function Outcome(props: { change: Change; waitsFor: string | undefined }) {
  const { change, waitsFor } = props;
  switch (change.outcome) {
    case "waiting":
      return (
        <Notice tone="quiet" title={<Text>{`It waits for ${waitsFor ?? "another run"}.`}</Text>}>
          <p>One run goes on at a time. It starts by itself; you may leave this page.</p>
        </Notice>
      );
    case "running":
      return <p>You may leave this page: the run goes on, and its outcome will be listed in Changes.</p>;
    case "saved":
      return (
        <Notice tone="quiet" title="The program was saved. No host was changed.">
          <p>The next run of this stack brings it to the hosts, here or in your pipeline.</p>
        </Notice>
      );
    case "outdated":
      return (
        <Notice tone="warn" title="Something moved after the preview. Nothing was changed.">
          <p>The outcome would have been another one than the one you confirmed.</p>
          {change.preview !== undefined && (
            <p>
              <Link to={pathOf("previews", change.preview)}>Look at what would happen now</Link>
            </p>
          )}
        </Notice>
      );
    case "awaiting-approval":
      return <Approval change={change} />;
    case "failed":
      return change.error === undefined ? null : <ErrorNotice error={change.error} />;
    case "rejected":
      return <Notice tone="off" title="It was rejected. Nothing was changed." />;
    default:
      return null;
  }
}

function Approval(props: { change: Change }) {
  const { change } = props;
  const [error, setError] = useState<ConsoleError>();
  const [busy, setBusy] = useState(false);
  const answer = (what: "approve" | "reject") => {
    setBusy(true);
    setError(undefined);
    // Once it is answered, the change is read again, and has another outcome.
    post(`/api/changes/${encoded(change.id)}/${what}`, {}).catch((failure: unknown) => {
      setBusy(false);
      setError((failure as RequestError).error);
    });
  };
  return (
    <Notice tone="warn" title="It waits for another person's approval.">
      {change.mayApprove ? (
        <p class="actions">
          <button type="button" class="primary" disabled={busy} onClick={() => answer("approve")}>
            Approve
          </button>
          <button type="button" disabled={busy} onClick={() => answer("reject")}>
            Reject
          </button>
        </p>
      ) : (
        <p>Nothing is changed until then.</p>
      )}
      {error !== undefined && <ErrorNotice error={error} />}
    </Notice>
  );
}
