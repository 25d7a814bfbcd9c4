import { Component } from "preact";
import type { TapRow } from "../../api";
import { go, Link } from "../navigation";
import { StateBadge } from "../parts/badges";
import { Text, When } from "../parts/text";
import { plain } from "../plain";
import { pathOf } from "../route";
import { DIRECTION_WORDS, rate } from "../words";

/** Where a tap's source is: "web, vNIC 1", else the port. */
export function sourceOf(row: Pick<TapRow, "vm" | "vnic" | "port">): string {
  if (row.vm === undefined) return row.port;
  return row.vnic === undefined ? row.vm : `${row.vm}, vNIC ${row.vnic}`;
}

/** The stack's own name, without organization and project. */
function stackName(stack: string): string {
  return stack.split("/").slice(-2).join("/");
}

/** A row of *Taps*. It is drawn again only when its tap is another object. */
export class Row extends Component<{ row: TapRow }> {
  override shouldComponentUpdate(next: { row: TapRow }): boolean {
    return next.row !== this.props.row;
  }

  override render({ row }: { row: TapRow }) {
    const to = pathOf("taps", row.id);
    return (
      <tr
        class="clickable"
        onClick={(event) => {
          if (!(event.target as Element).closest("a") && getSelection()?.isCollapsed !== false) go(to);
        }}
      >
        <td>
          <Link to={to} class="row-link">
            <Text longest={80}>{row.name}</Text>
          </Link>
          <span class="under only-narrow">
            <Text longest={60}>{sourceOf(row)}</Text> → <Text longest={60}>{row.service}</Text>
          </span>
          <span class="under not-narrow">
            {row.own ? "this stack" : <Text longest={60}>{stackName(row.stack)}</Text>}
            {row.tenant !== undefined && (
              <>
                {" · "}
                <Text longest={40}>{row.tenant}</Text>
              </>
            )}
          </span>
        </td>
        <td class="not-narrow">
          <Text longest={80}>{sourceOf(row)}</Text>
          <span class="under">
            <Text longest={80}>{`${row.port} on ${row.host}`}</Text>
          </span>
        </td>
        <td class="not-narrow">
          <Text longest={80}>{row.service}</Text>
          <span class="under">
            <Text longest={80}>{row.monitor}</Text>
          </span>
        </td>
        <td class="not-narrow">
          {DIRECTION_WORDS[row.direction]}
          <span class="under" title={plain(row.filter)}>
            {row.filter === "" ? "everything" : <Text longest={80}>{row.filter}</Text>}
          </span>
        </td>
        <td>
          <StateBadge state={row.state} />
          <span class="under" title={row.reason === undefined ? undefined : plain(row.reason, 600)}>
            {row.reason !== undefined && <Text longest={160}>{row.reason}</Text>}
          </span>
        </td>
        <td class="number">{row.copiesPerSecond === undefined ? "–" : rate(row.copiesPerSecond)}</td>
        <td class="not-narrow">
          {row.until === undefined ? <span class="soft">never</span> : <When time={row.until} />}
        </td>
        <td class="not-narrow">
          {row.changedAt !== undefined && <When time={row.changedAt} />}
          <span class="under">
            {row.changedBy !== undefined && <Text longest={40}>{row.changedBy}</Text>}
          </span>
        </td>
      </tr>
    );
  }
}
