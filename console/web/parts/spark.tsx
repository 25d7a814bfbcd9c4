const WIDTH = 160;
const HEIGHT = 32;

/** The last values as a line, the newest at the right. `values` has at most `length`. */
export function Spark(props: { values: readonly number[]; length: number; label: string }) {
  const { values, length, label } = props;
  const highest = Math.max(1, ...values);
  const step = WIDTH / (length - 1);
  const points = values.map((value, index) => {
    const x = WIDTH - (values.length - 1 - index) * step;
    return `${x.toFixed(1)},${(HEIGHT - 2 - (value / highest) * (HEIGHT - 4)).toFixed(1)}`;
  });
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={label}
    >
      <path class="spark-base" d={`M0 ${HEIGHT - 1.5}H${WIDTH}`} />
      <polyline class="spark-line" points={points.join(" ")} />
    </svg>
  );
}
