import { useEffect, useState } from "preact/hooks";
import type { TapRow } from "../../api/rows";
import { Spark } from "../parts/spark";
import { Text, When } from "../parts/text";
import { copiedWords, rate } from "../words";
import { placeOf, sourceOf } from "./tapRow";

const LENGTH = 60;

/** Copies per second in the last minute, one value per second. */
function useRates(now: number | undefined): readonly number[] {
  const [values, setValues] = useState<readonly number[]>([]);
  useEffect(() => {
    const timer = setInterval(
      () => setValues((before) => (now === undefined ? before : [...before, now].slice(-LENGTH))),
      1000,
    );
    return () => clearInterval(timer);
  }, [now]);
  return values;
}

/** The tap in a few words, and how many copies it currently makes. */
export function TapFacts(props: { tap: TapRow }) {
  const { tap } = props;
  const values = useRates(tap.copiesPerSecond);
  const now = tap.copiesPerSecond;
  return (
    <dl class="facts">
      <div>
        <dt>Source</dt>
        <dd>
          <Text>{sourceOf(tap)}</Text>
          <span class="under">
            <Text>{placeOf(tap)}</Text>
          </span>
        </dd>
      </div>
      <div>
        <dt>Monitor</dt>
        <dd>
          <Text>{tap.service}</Text>
          <span class="under">
            <Text>{tap.monitor}</Text>
          </span>
        </dd>
      </div>
      <div>
        <dt>Copied</dt>
        <dd>
          {copiedWords(tap)}
          <span class="under">
            {tap.filter === "" ? "everything" : <Text longest={600}>{tap.filter}</Text>}
          </span>
        </dd>
      </div>
      <div>
        <dt>Ends</dt>
        <dd>{tap.until === undefined ? "never" : <When time={tap.until} />}</dd>
      </div>
      <div>
        <dt>Owner</dt>
        <dd>
          <Text>{tap.stack}</Text>
          {tap.tenant !== undefined && (
            <span class="under">
              tenant <Text>{tap.tenant}</Text>
            </span>
          )}
        </dd>
      </div>
      <div class="fact-rate">
        <dt>Copies/s</dt>
        <dd>
          <span class="rate">{now === undefined ? "–" : rate(now)}</span>
          <Spark values={values} length={LENGTH} label="Copies a second in the last minute" />
        </dd>
      </div>
    </dl>
  );
}
