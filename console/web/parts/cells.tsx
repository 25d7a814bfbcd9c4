import type { State } from "../../api/rows";
import { plain } from "../plain";
import { StateBadge } from "./badges";
import { Text, When } from "./text";

/** The owner of a tap or service, as the second line of a cell. `stack`: how to name the stack if it is another one. */
export function OwnerLine(props: {
  own: boolean;
  stack: string;
  tenant: string | undefined;
  class?: string;
}) {
  const { own, stack, tenant } = props;
  return (
    <span class={`under ${props.class ?? ""}`}>
      {own ? "this stack" : <Text longest={80}>{stack}</Text>}
      {tenant !== undefined && (
        <>
          {" · "}
          <Text longest={40}>{tenant}</Text>
        </>
      )}
    </span>
  );
}

/** A state and the reason for it. */
export function StateCell(props: { row: { state: State; reason?: string } }) {
  const { state, reason } = props.row;
  return (
    <td>
      <StateBadge state={state} />
      <span class="under" title={reason === undefined ? undefined : plain(reason, 600)}>
        {reason !== undefined && <Text longest={160}>{reason}</Text>}
      </span>
    </td>
  );
}

/** When something was changed, and by whom. */
export function ChangedCell(props: { row: { changedAt?: string; changedBy?: string } }) {
  const { changedAt, changedBy } = props.row;
  return (
    <td class="not-narrow">
      {changedAt !== undefined && <When time={changedAt} />}
      <span class="under">{changedBy !== undefined && <Text longest={40}>{changedBy}</Text>}</span>
    </td>
  );
}
