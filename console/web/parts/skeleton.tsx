/** Grey bars in place of text that has not been loaded, so that nothing moves later. */
export function Bars(props: { count: number }) {
  return (
    <div class="bars" role="status">
      <span class="hidden">Loading</span>
      {Array.from({ length: props.count }, (_, index) => (
        <span class="bar" key={index} />
      ))}
    </div>
  );
}

/** Rows of a table that have not been loaded. */
export function SkeletonRows(props: { columns: number; rows: number }) {
  return (
    <>
      {Array.from({ length: props.rows }, (_, row) => (
        // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a row takes no focus
        <tr key={row} aria-hidden="true" class="skeleton">
          {Array.from({ length: props.columns }, (_, column) => (
            <td key={column}>
              <span class="bar" />
            </td>
          ))}
        </tr>
      ))}
    </>
  );
}
