import { useLive } from "../liveContext";
import type { MatchChoice } from "../matchChoice";
import type { PlacedVm } from "../placedVm";
import { plain } from "../plain";
import { byText } from "../search";
import { HOST_WORDS } from "../words";
import { Checks } from "./checks";
import { InputField, SelectField } from "./field";

/** The fields that say which ports of which hosts are tapped, each a condition more. */
export function MatchFields(props: {
  choice: MatchChoice;
  change: (choice: MatchChoice) => void;
  vms: readonly PlacedVm[];
  errors: Readonly<Partial<Record<"hosts" | "ports", string>>>;
}) {
  const { choice, vms, errors } = props;
  const { hosts } = useLive();
  const change = (part: Partial<MatchChoice>) => props.change({ ...choice, ...part });
  const rows = [...hosts.values()].sort((one, other) => byText(one.name, other.name));
  const here = vms.filter(({ host }) => choice.hosts.length === 0 || choice.hosts.includes(host));
  const vnics = here.flatMap((vm) => vm.vnics);
  return (
    <>
      <Checks
        id="hosts"
        label="On these hosts"
        items={rows.map(({ name, state }) => ({
          value: name,
          disabled: state === "reachable" ? undefined : HOST_WORDS[state],
        }))}
        chosen={choice.hosts}
        change={(chosen) => change({ hosts: chosen })}
        error={errors.hosts}
      />
      <p class="help">
        A port must meet all of what is filled in below. Ports that meet it later are tapped by the next run
        on their host, and at once where a keeper runs. Monitors are never among them.
      </p>
      <InputField
        id="like"
        label="Ports like"
        help="A pattern of port names: * stands for any characters, ? for one. A single * is every port of a VM."
        error={errors.ports}
        class="mono"
        spellcheck={false}
        placeholder="tap-*"
        value={choice.like}
        change={(like) => change({ like })}
      />
      <div class="pair">
        <InputField
          id="network"
          label="Network"
          help="Neutron's id, where its agent writes it."
          class="mono"
          spellcheck={false}
          list="networks"
          value={choice.network}
          change={(network) => change({ network })}
        >
          <Known id="networks" values={vnics.map(({ network }) => network)} />
        </InputField>
        <InputField
          id="vlan"
          label="VLAN"
          type="number"
          min={0}
          max={4095}
          list="vlans"
          value={choice.vlan}
          change={(vlan) => change({ vlan })}
        >
          <Known id="vlans" values={vnics.map(({ vlan }) => vlan?.toString())} />
        </InputField>
      </div>
      <div class="pair">
        <SelectField id="of-vm" label="All of one VM" value={choice.vm} change={(vm) => change({ vm })}>
          <option value="">Of any</option>
          {unique(here).map(({ uuid, name }) => (
            <option key={uuid} value={uuid}>
              {plain(name, 80)}
            </option>
          ))}
        </SelectField>
        <InputField
          id="ids"
          label="External ids"
          help="key=value, separated by commas, as the cloud wrote them on the port. A key alone: any value."
          class="mono"
          spellcheck={false}
          value={choice.ids}
          change={(ids) => change({ ids })}
        />
      </div>
      <InputField
        id="except"
        label="Except"
        help="What is left out: names, patterns and key=value, separated by commas."
        class="mono"
        spellcheck={false}
        placeholder="tap-dns, tap-infra-*"
        value={choice.except}
        change={(except) => change({ except })}
      />
    </>
  );
}

/** VMs with a UUID, each once: a VM can be on two hosts while it migrates. */
function unique(vms: readonly PlacedVm[]): { uuid: string; name: string }[] {
  const byUuid = new Map(
    vms.flatMap(({ uuid, name }) => (uuid === undefined ? [] : [[uuid, name] as const])),
  );
  return [...byUuid]
    .map(([uuid, name]) => ({ uuid, name }))
    .sort((one, other) => byText(one.name, other.name));
}

/** Values that there are, for a field that takes others as well. */
function Known(props: { id: string; values: readonly (string | undefined)[] }) {
  const { id, values } = props;
  const known = [...new Set(values.filter((value) => value !== undefined))].sort(byText);
  return (
    <datalist id={id}>
      {known.slice(0, 200).map((value) => (
        <option key={value} value={value} />
      ))}
    </datalist>
  );
}
