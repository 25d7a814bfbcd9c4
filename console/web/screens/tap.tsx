import { useContext, useEffect, useState } from "preact/hooks";
import type { Stage, Tap, TapRow } from "../../api/rows";
import { useLive, useSession, useTapLive, WatchContext } from "../liveContext";
import { Link } from "../navigation";
import { StateBadge } from "../parts/badges";
import { Back, Head, Title } from "../parts/head";
import { NotLoaded, ReloadError } from "../parts/loadError";
import { ErrorNotice, Notice } from "../parts/notice";
import { Path } from "../parts/path";
import { Bars } from "../parts/skeleton";
import { Text } from "../parts/text";
import { post, type RequestError } from "../request";
import { encoded } from "../route";
import { deleteSentence } from "../sentences";
import { useEdit } from "../useEdit";
import { useLoaded } from "../useLoaded";
import { TapDetails } from "./tapDetails";
import { TapFacts } from "./tapFacts";
import { Watch } from "./watch";

/** One tap: its path with live counters, its rules, claims and history. */
export function TapScreen(props: { id: string }) {
  const { id } = props;
  const { taps } = useLive();
  const row = taps.get(id);
  const [watched, watch] = useContext(WatchContext);
  const watching = watched === id;
  const setWatching = (on: boolean) => watch(on ? id : undefined);
  useEffect(() => () => watch(undefined), []);
  const events = useTapLive(id);
  // Data that is not live is read again when the tap has changed.
  const version = row === undefined ? 0 : `${row.state} ${row.changedAt ?? ""} ${row.filter}`;
  const { value: tap, error, again } = useLoaded<Tap>(`/api/taps/${encoded(id)}`, version);
  const [proved, setProved] = useState<Stage[]>();
  // The row is live, and whole: what it lacks, such as a reason, is over.
  const shown: TapRow | undefined = row ?? tap;
  if (shown === undefined && error !== undefined)
    return (
      <NotLoaded what="tap" error={error} again={again}>
        <p>
          <Link to="/">Back to the list</Link>
        </p>
      </NotLoaded>
    );
  if (shown === undefined) return <Waiting />;
  const stages = withProofs(events.stages ?? tap?.stages, proved);
  return (
    <>
      <TapHead tap={shown} prove={setProved} watching={watching} watch={setWatching} />
      {events.gone && (
        <Notice tone="off" title="This tap has been deleted.">
          <p>No copies are made of this port by it any more.</p>
        </Notice>
      )}
      {error !== undefined && !events.gone && <ReloadError error={error} again={again} />}
      <TapFacts tap={shown} />
      <h2>Path</h2>
      {stages === undefined ? <Bars count={3} /> : <Path stages={stages} />}
      {watching && <Watch id={id} live={events} stop={() => setWatching(false)} />}
      {tap !== undefined && <TapDetails tap={tap} />}
    </>
  );
}

function Waiting() {
  return (
    <>
      <Title>Tap</Title>
      <Bars count={6} />
    </>
  );
}

/** The stages with their *Verify* results, until it runs again. */
function withProofs(stages: Stage[] | undefined, proved: Stage[] | undefined): Stage[] | undefined {
  if (proved === undefined || stages === undefined) return stages ?? proved;
  return stages.map((stage) => {
    const one = proved.find(({ kind, host }) => kind === stage.kind && host === stage.host);
    if (one?.proof === undefined) return stage;
    const reason = one.reason ?? stage.reason;
    return { ...stage, proof: one.proof, ...(reason === undefined ? {} : { reason }) };
  });
}

function TapHead(props: {
  tap: TapRow;
  prove: (stages: Stage[]) => void;
  watching: boolean;
  watch: (on: boolean) => void;
}) {
  const { tap, prove, watching, watch } = props;
  const session = useSession();
  const edit = useEdit();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<RequestError>();
  const verify = () => {
    setBusy(true);
    setError(undefined);
    post<Stage[]>(`/api/taps/${encoded(tap.id)}/verify`, {})
      .then(prove, setError)
      .finally(() => setBusy(false));
  };
  const mayDelete = tap.own && session?.readOnly === undefined;
  return (
    <>
      <Back to="/" />
      <Head title={<Text longest={80}>{tap.name}</Text>}>
        <StateBadge state={tap.state} />
        <div class="actions">
          {session?.can.verify && (
            <button type="button" onClick={verify} disabled={busy}>
              {busy ? "Verifying" : "Verify"}
            </button>
          )}
          {session?.can.watch && (
            <button type="button" aria-pressed={watching} onClick={() => watch(!watching)}>
              Watch
            </button>
          )}
          {mayDelete && (
            <button
              type="button"
              class="danger"
              disabled={edit.busy}
              aria-describedby="delete-effect"
              onClick={() => edit.preview({ kind: "deleteTap", id: tap.id })}
            >
              Delete
            </button>
          )}
        </div>
      </Head>
      {tap.reason !== undefined && (
        <p class="reason">
          <Text longest={2000}>{tap.reason}</Text>
        </p>
      )}
      {mayDelete && (
        <p class="help" id="delete-effect">
          {deleteSentence(tap)}
        </p>
      )}
      {error !== undefined && <ErrorNotice error={error.error} />}
      {edit.error !== undefined && <ErrorNotice error={edit.error} />}
    </>
  );
}
