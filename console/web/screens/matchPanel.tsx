import { useRef } from "preact/hooks";
import type { NewTapFacts } from "../../api/ports";
import { selectorOf } from "../matchChoice";
import type { TapChoice } from "../newTapChoice";
import { Text } from "../parts/text";
import { encoded } from "../route";
import { portsSentence } from "../sentences";
import { useLoaded } from "../useLoaded";
import { useSettled } from "../useSettled";
import { counted, whole } from "../words";
import { Conflicts, chosenService, Mtu, Sentence } from "./newTapPanel";

/** Beside the form: what the taps will do, and which ports match on each host now. */
export function MatchPanel(props: { choice: TapChoice }) {
  const { choice } = props;
  const { hosts } = choice.match;
  const selector = selectorOf(choice.match);
  const asked = useSettled(selector === undefined ? undefined : JSON.stringify(selector));
  return (
    <aside class="panel" aria-label="What it means">
      <h2>What it does</h2>
      <p>
        <Sentence choice={choice} source={portsSentence(selector, hosts)} />
      </p>
      <h3>Matches now</h3>
      {asked === undefined || hosts.length === 0 ? (
        <p class="soft">Choose hosts and fill in a condition to see the ports.</p>
      ) : (
        <dl class="facts-list matches">
          {hosts.map((host) => (
            <Matches key={host} host={host} ports={asked} service={chosenService(choice)} />
          ))}
        </dl>
      )}
    </aside>
  );
}

/** Ports that are named; the others are counted. */
const NAMED = 8;

/** What matches on one host. The last answer stays until the next is there. */
function Matches(props: { host: string; ports: string; service: string | undefined }) {
  const { host, ports, service } = props;
  const query = service === undefined ? "" : `&service=${encoded(service)}`;
  const path = `/api/hosts/${encoded(host)}/selection?ports=${encoded(ports)}${query}`;
  const { value, error } = useLoaded<NewTapFacts>(path);
  const last = useRef<NewTapFacts | undefined>(undefined);
  last.current = error === undefined ? (value ?? last.current) : undefined;
  const facts = last.current;
  return (
    <>
      <dt>
        <Text longest={40}>{host}</Text>
      </dt>
      <dd>
        {error !== undefined ? (
          <span class="soft">
            could not be asked: <Text longest={400}>{error.message}</Text>
          </span>
        ) : facts === undefined ? (
          "–"
        ) : (
          <Found facts={facts} />
        )}
      </dd>
    </>
  );
}

function Found(props: { facts: NewTapFacts }) {
  const { ports, mtu, mirrorsLeft } = props.facts;
  const more = ports.length - NAMED;
  return (
    <>
      {ports.length === 0 ? "no port" : counted(ports.length, "port")}
      {ports.length > 0 && (
        <span class="under">
          <Text longest={400}>{ports.slice(0, NAMED).join(", ")}</Text>
          {more > 0 && ` and ${whole(more)} more`}
        </span>
      )}
      <span class="under">{counted(mirrorsLeft, "Mirror")} left</span>
      {mtu !== undefined && mtu.source > mtu.path && (
        <span class="under">
          <Mtu {...mtu} />
        </span>
      )}
      <Conflicts facts={props.facts} />
    </>
  );
}
