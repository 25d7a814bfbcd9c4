import type { ServiceRow } from "../../api/rows";
import { useLive, useSession } from "../liveContext";
import { go } from "../navigation";
import { ChangedCell, OwnerLine, StateCell } from "../parts/cells";
import { Head } from "../parts/head";
import { Empty, ErrorNotice } from "../parts/notice";
import { type Column, Table } from "../parts/table";
import { Text } from "../parts/text";
import { plain } from "../plain";
import { byName } from "../search";
import { deleteServiceSentence } from "../sentences";
import { type Editing, useEdit } from "../useEdit";
import { rate, whole } from "../words";

const COLUMNS: readonly Column[] = [
  { title: "Service" },
  { title: "Monitor", class: "not-narrow" },
  { title: "State", class: "col-state" },
  { title: "Taps", class: "number col-number" },
  { title: "Delivered/s", class: "number col-number not-narrow" },
  { title: "Tunnel id", class: "number col-number not-narrow" },
  { title: "Changed", class: "not-narrow col-time" },
  { title: "Action", class: "col-action" },
];

/** The monitors: who feeds them, and whether copies arrive. */
export function ServicesScreen() {
  const { services, complete } = useLive();
  const session = useSession();
  const edit = useEdit();
  const rows = byName(services.values());
  const mayChange = session?.readOnly === undefined;
  return (
    <>
      <Head title="Services">
        {mayChange && (
          <button type="button" class="primary" onClick={() => go("/services/new")}>
            New service
          </button>
        )}
      </Head>
      {edit.error !== undefined && <ErrorNotice error={edit.error} />}
      {complete && rows.length === 0 ? (
        <Empty title="There is no monitor">
          <p>A service is where copies go: a VM's port on a host, or a collector outside by its address.</p>
          {mayChange && (
            <p>
              <button type="button" class="primary" onClick={() => go("/services/new")}>
                Create the first service
              </button>
            </p>
          )}
        </Empty>
      ) : (
        <Table label="Services" class="services" columns={COLUMNS} loading={!complete}>
          {rows.map((row) => (
            <Row key={row.id} row={row} edit={edit} mayChange={mayChange} />
          ))}
        </Table>
      )}
    </>
  );
}

function Row(props: { row: ServiceRow; edit: Editing; mayChange: boolean }) {
  const { row, edit, mayChange } = props;
  const effect = deleteServiceSentence(row);
  return (
    <tr>
      <td>
        <strong>
          <Text longest={80}>{row.name}</Text>
        </strong>
        <OwnerLine own={row.own} stack={row.stack} tenant={row.tenant} />
      </td>
      <td class="not-narrow">
        <Text longest={80}>{row.monitor}</Text>
        <span class="under">{row.kind === "collector" ? "collector" : "port"}</span>
      </td>
      <StateCell row={row} />
      <td class="number">{whole(row.taps)}</td>
      <td class="number not-narrow">{row.perSecond === undefined ? "–" : rate(row.perSecond)}</td>
      <td class="number not-narrow">{row.tunnelId}</td>
      <ChangedCell row={row} />
      <td>
        {row.own && mayChange ? (
          <button
            type="button"
            class="danger small"
            disabled={edit.busy || row.taps > 0}
            title={effect}
            aria-label={`Delete ${plain(row.name, 80)}`}
            onClick={() => edit.preview({ kind: "deleteService", id: row.id })}
          >
            Delete
          </button>
        ) : (
          <span class="soft">–</span>
        )}
      </td>
    </tr>
  );
}
