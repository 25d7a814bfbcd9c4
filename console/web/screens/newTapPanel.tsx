import type { NewTapFacts, Vnic } from "../../api/ports";
import { useLive } from "../liveContext";
import { NEW_SERVICE, samplingOf, type TapChoice } from "../newTapChoice";
import { Notice } from "../parts/notice";
import { Text } from "../parts/text";
import type { PlacedVm } from "../placedVm";
import { encoded } from "../route";
import { createSentence } from "../sentences";
import { useLoaded } from "../useLoaded";
import { counted, whole } from "../words";

/** Next to the form: what the tap will do, and the host's answer to it. */
export function NewTapPanel(props: { choice: TapChoice; vm: PlacedVm | undefined; vnic: Vnic | undefined }) {
  const { choice, vm, vnic } = props;
  const { host } = vm ?? {};
  const service = chosenService(choice);
  const query = service === undefined ? "" : `?service=${encoded(service)}`;
  const { value: facts, error } = useLoaded<NewTapFacts>(
    host === undefined || vnic === undefined
      ? undefined
      : `/api/hosts/${encoded(host)}/ports/${encoded(vnic.port)}/facts${query}`,
  );
  return (
    <aside class="panel" aria-label="What it means">
      <h2>What it does</h2>
      <p>
        <Sentence
          choice={choice}
          source={
            vm === undefined ? "the VM" : vnic === undefined ? vm.name : `${vm.name}'s vNIC ${vnic.index}`
          }
        />
      </p>
      <dl class="facts-list">
        <dt>
          Mirrors left
          {host !== undefined && (
            <>
              {" "}
              on <Text longest={40}>{host}</Text>
            </>
          )}
        </dt>
        <dd>{facts === undefined ? "–" : whole(facts.mirrorsLeft)}</dd>
        <dt>MTU</dt>
        <dd>{facts?.mtu === undefined ? "–" : <Mtu {...facts.mtu} />}</dd>
        <dt>Tapped by</dt>
        <dd>
          {vnic === undefined || vnic.tappedBy.length === 0 ? "–" : <Text>{vnic.tappedBy.join(", ")}</Text>}
        </dd>
      </dl>
      {error !== undefined && (
        <p class="soft">
          The host could not be asked: <Text longest={400}>{error.message}</Text>
        </p>
      )}
      <Conflicts facts={facts} />
    </aside>
  );
}

/** Id of the service that is chosen; undefined where it is none of the list. */
export function chosenService({ service }: TapChoice): string | undefined {
  return service === "" || service === NEW_SERVICE ? undefined : service;
}

/** What the tap will do. `source`: what its copies are of, in words. */
export function Sentence(props: { choice: TapChoice; source: string }) {
  const { choice, source } = props;
  const { services } = useLive();
  const service = chosenService(choice);
  return (
    <>
      {createSentence({
        source,
        direction: choice.direction,
        filter: choice.filter.trim(),
        oneIn: samplingOf(choice.oneIn)?.oneIn,
        service: service === undefined ? choice.monitor.name || undefined : services.get(service)?.name,
        ends: choice.ends,
      })}
    </>
  );
}

/** What speaks against a tap, one below the other. */
export function Conflicts(props: { facts: NewTapFacts | undefined }) {
  return (
    <>
      {props.facts?.conflicts.map((conflict) => (
        <Notice key={conflict} tone="warn" title={<Text longest={600}>{conflict}</Text>} />
      ))}
    </>
  );
}

/** Whether the largest frames of a port reach the monitor whole. */
export function Mtu(props: { source: number; path: number }) {
  const { source, path } = props;
  if (source <= path) return <>every frame fits ({counted(source, "byte")})</>;
  return (
    <>
      frames of up to {whole(source)} bytes, and {whole(path)} fit through the tunnel: larger copies are lost
      or cut
    </>
  );
}
