/** One line of a plot. */
export interface Series {
  name: string;
  unit: string;
  /** A value for each of the plot's x values. */
  values: readonly number[];
}

const [WIDTH, HEIGHT, LEFT, TOP, GAP] = [320, 200, 56, 36, 90];
const INK = "#444";
const LINE = "#0b62a4";

/** As few digits as say it. */
function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function place(value: number, values: readonly number[], length: number): number {
  const [least, most] = [Math.min(...values), Math.max(...values)].map(Math.log10) as [number, number];
  return ((Math.log10(value) - least) / (most - least || 1)) * length;
}

/** The plot of one series: its own axes, x logarithmic, y from 0. */
function panel(xs: readonly number[], { name, unit, values }: Series, at: number): string {
  const top = Math.max(...values) * 1.1;
  const x = (value: number) => LEFT + at + place(value, xs, WIDTH);
  const y = (value: number) => TOP + HEIGHT * (1 - value / top);
  const points = values.map((value, index) => [x(xs[index]!), y(value)] as const);
  const text = (px: number, py: number, anchor: string, words: string) =>
    `<text x="${px.toFixed(1)}" y="${py.toFixed(1)}" text-anchor="${anchor}">${words}</text>`;
  const axes = `M${LEFT + at} ${TOP}V${TOP + HEIGHT}H${LEFT + at + WIDTH}`;
  return [
    text(LEFT + at, TOP - 14, "start", `${name} (${unit})`),
    `<path d="${axes}" fill="none" stroke="${INK}"/>`,
    ...xs.map((value) => text(x(value), TOP + HEIGHT + 16, "middle", String(value))),
    text(LEFT + at - 6, y(0) + 4, "end", "0"),
    `<polyline points="${points.map((point) => point.map((one) => one.toFixed(1)).join(",")).join(" ")}" fill="none" stroke="${LINE}" stroke-width="2"/>`,
    ...points.map(
      ([px, py]) => `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="3.5" fill="${LINE}"/>`,
    ),
    ...points.map(([px, py], index) => text(px, py - 8, "middle", short(values[index]!))),
  ].join("\n");
}

/** A plot as an SVG document, a panel for each series side by side. `xs` are shown on a logarithmic axis. */
export function plot(xName: string, xs: readonly number[], series: readonly Series[]): string {
  const width = series.length * (LEFT + WIDTH + GAP / 2) + GAP / 2;
  const panels = series.map((one, index) => panel(xs, one, index * (LEFT + WIDTH + GAP / 2)));
  const caption = `<text x="${width / 2}" y="${TOP + HEIGHT + 40}" text-anchor="middle">${xName}</text>`;
  const font = 'font-family="sans-serif" font-size="12"';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${TOP + HEIGHT + 56}" ${font} fill="${INK}">
<title>${series.map(({ name }) => name).join(", ")}, by ${xName}</title>
<rect width="100%" height="100%" fill="#fff"/>
${panels.join("\n")}
${caption}
</svg>
`;
}
