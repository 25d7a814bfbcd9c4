import { Component } from "preact";
import type { TapRow } from "../../api/rows";
import { go, Link } from "../navigation";
import { ChangedCell, OwnerLine, StateCell } from "../parts/cells";
import { Text, When } from "../parts/text";
import { plain } from "../plain";
import { pathOf } from "../route";
import { copiedWords, rate } from "../words";

/** The source of a tap: "web, vNIC 1", else the port. */
export function sourceOf(row: Pick<TapRow, "vm" | "vnic" | "port">): string {
  if (row.vm === undefined) return row.port;
  return row.vnic === undefined ? row.vm : `${row.vm}, vNIC ${row.vnic}`;
}

/** Where that is: the host first, for what is too long is cut at its end. */
export function placeOf({ vm, port, host }: Pick<TapRow, "vm" | "port" | "host">): string {
  return vm === undefined ? host : `${host} · ${port}`;
}

function withoutOrganization(stack: string): string {
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
          <OwnerLine
            class="not-narrow"
            own={row.own}
            stack={withoutOrganization(row.stack)}
            tenant={row.tenant}
          />
        </td>
        <td class="not-narrow">
          <Text longest={80}>{sourceOf(row)}</Text>
          <span class="under">
            <Text longest={80}>{placeOf(row)}</Text>
          </span>
        </td>
        <td class="not-narrow">
          <Text longest={80}>{row.service}</Text>
          <span class="under">
            <Text longest={80}>{row.monitor}</Text>
          </span>
        </td>
        <td class="not-narrow">
          {copiedWords(row)}
          <span class="under" title={plain(row.filter)}>
            {row.filter === "" ? "everything" : <Text longest={80}>{row.filter}</Text>}
          </span>
        </td>
        <StateCell row={row} />
        <td class="number">{row.copiesPerSecond === undefined ? "–" : rate(row.copiesPerSecond)}</td>
        <td class="not-narrow">
          {row.until === undefined ? <span class="soft">never</span> : <When time={row.until} />}
        </td>
        <ChangedCell row={row} />
      </tr>
    );
  }
}
