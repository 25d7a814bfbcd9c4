import type { HostRow } from "../../api/rows";
import { useLive } from "../liveContext";
import { HostBadge } from "../parts/badges";
import { Badge } from "../parts/glyph";
import { Head } from "../parts/head";
import { Empty } from "../parts/notice";
import { type Column, Table } from "../parts/table";
import { Text, When } from "../parts/text";
import { counted, whole } from "../words";

const COLUMNS: readonly Column[] = [
  { title: "Host" },
  { title: "State", class: "col-state" },
  { title: "Drift", class: "not-narrow col-drift" },
  { title: "Mirrors", class: "not-narrow" },
  { title: "Keeper", class: "not-narrow" },
  { title: "Open vSwitch", class: "not-narrow" },
  { title: "Taps", class: "number col-number not-narrow" },
  { title: "Looked at", class: "not-narrow col-time" },
];

/** The hosts: whether they answer, and whether their state is as it should be. */
export function HostsScreen() {
  const { hosts, started } = useLive();
  const rows = [...hosts.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  return (
    <>
      <Head title="Hosts" />
      {started && rows.length === 0 ? (
        <Empty title="The inventory is empty">
          <p>
            Name the hosts in the stack's configuration, <code>taas:hosts</code>, or give the console a file
            of them by <code>--hosts</code>.
          </p>
        </Empty>
      ) : (
        <Table label="Hosts" class="hosts" columns={COLUMNS} loading={!started}>
          {rows.map((row) => (
            <Row key={row.name} row={row} />
          ))}
        </Table>
      )}
    </>
  );
}

function Row(props: { row: HostRow }) {
  const { row } = props;
  return (
    <tr>
      <td>
        <strong>
          <Text longest={80}>{row.name}</Text>
        </strong>
        <span class="under">
          <Text longest={80}>{row.address}</Text>
        </span>
      </td>
      <td>
        <HostBadge state={row.state} />
        <span class="under wraps">{row.reason !== undefined && <Text longest={400}>{row.reason}</Text>}</span>
        {row.drift.length > 0 && (
          <div class="only-narrow">
            <Drift row={row} />
          </div>
        )}
      </td>
      <td class="not-narrow">
        <Drift row={row} />
      </td>
      <td class="not-narrow">
        <Mirrors row={row} />
      </td>
      <td class="not-narrow">
        <Keeper keeper={row.keeper} />
      </td>
      <td class="not-narrow">
        {row.ovsVersion === undefined ? "–" : <Text longest={40}>{row.ovsVersion}</Text>}
      </td>
      <td class="number not-narrow">{whole(row.taps)}</td>
      <td class="not-narrow">{row.lookedAt === undefined ? "–" : <When time={row.lookedAt} />}</td>
    </tr>
  );
}

function Drift(props: { row: HostRow }) {
  const { drift, state } = props.row;
  if (state !== "reachable") return <span class="soft">not known</span>;
  if (drift.length === 0) return <span class="soft">none</span>;
  return (
    <>
      <Badge tone="bad" word={drift.length === 1 ? "1 difference" : `${drift.length} differences`} />
      <ul class="plain-list">
        {drift.slice(0, 5).map((text) => (
          <li key={text}>
            <Text longest={300}>{text}</Text>
          </li>
        ))}
      </ul>
      {drift.length > 5 && <span class="soft">and {drift.length - 5} more</span>}
    </>
  );
}

/** Mirrors of others that are named. */
const NAMED = 3;

/** Open vSwitch supports a fixed number of Mirrors on a bridge, including those of others. */
function Mirrors(props: { row: HostRow }) {
  const { mirrorsUsed, mirrorsLimit, foreignMirrors } = props.row;
  if (mirrorsUsed === undefined) return <>–</>;
  return (
    <>
      <meter
        aria-label={`Mirrors used: ${mirrorsUsed} of ${mirrorsLimit}`}
        min={0}
        max={mirrorsLimit}
        high={mirrorsLimit - 4}
        value={mirrorsUsed}
      />{" "}
      {mirrorsUsed} of {mirrorsLimit}
      {foreignMirrors.length > 0 && (
        <span class="under wraps">
          {counted(foreignMirrors.length, "Mirror")} of others:{" "}
          <Text longest={120}>{foreignMirrors.slice(0, NAMED).join(", ")}</Text>
          {foreignMirrors.length > NAMED && ", …"}
        </span>
      )}
    </>
  );
}

function Keeper(props: { keeper: HostRow["keeper"] }) {
  switch (props.keeper) {
    case "running":
      return <Badge tone="good" word="running" />;
    case "stale":
      return <Badge tone="warn" word="stale" />;
    case "absent":
      return <span class="soft">none</span>;
    default:
      return <>–</>;
  }
}
