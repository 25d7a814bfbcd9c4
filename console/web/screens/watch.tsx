import { ErrorNotice, Notice } from "../parts/notice";
import { Scroller, Text } from "../parts/text";
import { encoded } from "../route";
import type { TapLive } from "../tapLive";
import { counted, whole } from "../words";

const TIME = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hour12: false,
});

/** The frames of a tap, the newest first, one line each. */
export function Watch(props: { id: string; live: TapLive; stop: () => void }) {
  const { id, live, stop } = props;
  const { frames, seen, dropped, watched, ended } = live;
  return (
    <section class="watch" aria-label="Frames">
      <div class="head">
        <h2>Frames</h2>
        <p class="soft" role="status">
          {counted(seen, "frame")} seen{dropped > 0 && `, ${whole(dropped)} more were too many to show`}
        </p>
        <div class="actions">
          <a class="button" href={`/api/taps/${encoded(id)}/capture.pcapng`} download>
            Download pcapng
          </a>
          <button type="button" onClick={stop}>
            Stop
          </button>
        </div>
      </div>
      {watched !== undefined && (
        <p class="soft">
          Of <Text>{watched}</Text>
        </p>
      )}
      {ended !== undefined && <ErrorNotice error={ended} />}
      {frames.length === 0 && ended === undefined && (
        <Notice tone="quiet" title="No frame yet">
          <p>Frames are shown as they pass. Watching ends when you leave this page.</p>
        </Notice>
      )}
      <Scroller label="The last frames" class="frames">
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Direction</th>
              <th scope="col">Frame</th>
              <th scope="col" class="number">
                Bytes
              </th>
            </tr>
          </thead>
          <tbody>
            {frames.map(({ number, at, direction, text, bytes }) => (
              <tr key={number}>
                <td>{timeOf(at)}</td>
                <td>{direction}</td>
                <td>
                  <Text>{text}</Text>
                </td>
                <td class="number">{whole(bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
    </section>
  );
}

function timeOf(at: string): string {
  const time = Date.parse(at);
  return Number.isNaN(time) ? "–" : TIME.format(time);
}
