import type { ChangeSummary } from "../../api/changes";
import { Link } from "../navigation";
import { OutcomeBadge } from "../parts/badges";
import { Table } from "../parts/table";
import { Text, When } from "../parts/text";
import { pathOf } from "../route";

const COLUMNS = [
  { title: "What" },
  { title: "Outcome", class: "col-state" },
  { title: "Who", class: "not-narrow" },
  { title: "When", class: "not-narrow col-time" },
] as const;

/** Changes as rows, the newest first. */
export function ChangeList(props: { changes: readonly ChangeSummary[]; loading?: boolean; empty: string }) {
  const { changes, loading = false, empty } = props;
  if (changes.length === 0 && !loading) return <p class="soft">{empty}</p>;
  return (
    <Table label="Changes" class="changes" columns={COLUMNS} loading={loading}>
      {changes.map(({ id, what, outcome, by, at, waitsFor }) => (
        <tr key={id}>
          <td>
            <Link to={pathOf("changes", id)} class="row-link">
              <Text>{what}</Text>
            </Link>
            <span class="under only-narrow">
              <Text>{by}</Text>, <When time={at} />
            </span>
          </td>
          <td>
            <OutcomeBadge outcome={outcome} />
            <span class="under">
              {waitsFor !== undefined && (
                <>
                  for <Text>{waitsFor}</Text>
                </>
              )}
            </span>
          </td>
          <td class="not-narrow">
            <Text>{by}</Text>
          </td>
          <td class="not-narrow">
            <When time={at} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
