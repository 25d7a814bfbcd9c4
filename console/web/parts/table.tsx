import type { ComponentChildren } from "preact";
import { SkeletonRows } from "./skeleton";

/** A heading of a column. */
export interface Column {
  title: string;
  class?: string;
}

/** A table that keeps the widths of its columns while rows are added and changed. */
export function Table(props: {
  label: string;
  class: string;
  columns: readonly Column[];
  loading: boolean;
  children: ComponentChildren;
}) {
  const { label, columns, loading, children } = props;
  return (
    <div class="table-box">
      <table class={props.class} aria-label={label} aria-busy={loading}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={column.class}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {children}
          {loading && <SkeletonRows columns={columns.length} rows={4} />}
        </tbody>
      </table>
    </div>
  );
}
