import { useMemo, useState } from "preact/hooks";
import type { State } from "../../api/rows";
import { useLive, useSession } from "../liveContext";
import { go } from "../navigation";
import { Head } from "../parts/head";
import { Empty } from "../parts/notice";
import { type Column, Table } from "../parts/table";
import { byName, found } from "../search";
import { useGrowing } from "../useGrowing";
import { counted, STATE_WORDS, whole } from "../words";
import { Row } from "./tapRow";

const COLUMNS: readonly Column[] = [
  { title: "Tap", class: "col-tap" },
  { title: "Source", class: "not-narrow" },
  { title: "Monitor", class: "not-narrow" },
  { title: "Copied", class: "not-narrow" },
  { title: "State", class: "col-state" },
  { title: "Copies/s", class: "number col-number" },
  { title: "Ends", class: "not-narrow col-time" },
  { title: "Changed", class: "not-narrow col-time" },
];

/** All taps of all stacks, or the results of a search. */
export function TapsScreen() {
  const { taps, complete } = useLive();
  const session = useSession();
  const [asked, setAsked] = useState("");
  const [state, setState] = useState<State | undefined>();
  const sorted = useMemo(() => byName(taps.values()), [taps]);
  const rows = useMemo(() => found(sorted, asked, state), [sorted, asked, state]);
  const { shown, more, showMore } = useGrowing(`${state} ${asked}`, rows.length);
  const all = taps.size;
  return (
    <>
      <Head title="Taps">
        {session?.readOnly === undefined ? (
          <button type="button" class="primary" onClick={() => go("/new")}>
            New tap
          </button>
        ) : (
          <p class="soft">Read-only: {session.readOnly}.</p>
        )}
      </Head>
      <div class="tools">
        <input
          type="search"
          aria-label="Search"
          placeholder="Search VM, port, monitor, filter, owner"
          value={asked}
          onInput={({ currentTarget }) => setAsked(currentTarget.value)}
        />
        <States chosen={state} choose={setState} />
        <p class="count" role="status">
          {rows.length === all ? counted(all, "tap") : `${whole(rows.length)} of ${counted(all, "tap")}`}
        </p>
      </div>
      {complete && all === 0 ? (
        <NoTaps readOnly={session?.readOnly !== undefined} />
      ) : complete && rows.length === 0 ? (
        <Empty title="No tap has all of these words">
          <p>
            <button
              type="button"
              onClick={() => {
                setAsked("");
                setState(undefined);
              }}
            >
              Show all {counted(all, "tap")}
            </button>
          </p>
        </Empty>
      ) : (
        <Table label="Taps" class="taps" columns={COLUMNS} loading={!complete}>
          {rows.slice(0, shown).map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </Table>
      )}
      {more > 0 && (
        <p class="more">
          <button type="button" onClick={showMore}>
            Show {more} more
          </button>{" "}
          <span class="soft">The search finds the others, too.</span>
        </p>
      )}
    </>
  );
}

function NoTaps(props: { readOnly: boolean }) {
  return (
    <Empty title="Nothing is tapped">
      <p>A tap copies what a VM's port sends and gets to a monitor. No claim of one is on any host.</p>
      {props.readOnly ? (
        <p>
          To create taps here, start the console with <code>--project</code> and <code>--stack</code>.
        </p>
      ) : (
        <p>
          <button type="button" class="primary" onClick={() => go("/new")}>
            Create the first tap
          </button>
        </p>
      )}
    </Empty>
  );
}

/** The number of taps in each state, as buttons that show only those. */
function States(props: { chosen: State | undefined; choose: (state: State | undefined) => void }) {
  const { chosen, choose } = props;
  const { taps } = useLive();
  const counts = useMemo(() => {
    const result = new Map<State, number>();
    for (const { state } of taps.values()) result.set(state, (result.get(state) ?? 0) + 1);
    return result;
  }, [taps]);
  const present = (Object.keys(STATE_WORDS) as State[]).filter(
    (state) => counts.has(state) || state === chosen,
  );
  if (present.length < 2 && chosen === undefined) return null;
  return (
    <fieldset class="chips">
      <legend class="hidden">State</legend>
      {present.map((state) => (
        <button
          key={state}
          type="button"
          class="chip"
          aria-pressed={state === chosen}
          onClick={() => choose(state === chosen ? undefined : state)}
        >
          {STATE_WORDS[state]} <span class="soft">{whole(counts.get(state) ?? 0)}</span>
        </button>
      ))}
    </fieldset>
  );
}
