import type { Kept } from "../../driver/kept";
import type { Name } from "./estate";
import { rowFaults } from "./rowFaults";
import type { Users } from "./users";

/** Something that is done to one piece of the estate. */
export interface Fault {
  host: number;
  title: string;
  /** Lines of shell for the host. */
  script: string;
  /** The resources that must say so, and no others. */
  users: Name[];
  /** What each of them says. */
  says: RegExp;
}

const MARKS = [
  ["external_ids", "taas-renderer"],
  ["other_config", "taas-generation"],
  ["other_config", "taas-foreign-bridges"],
  ["other_config", "taas-meters"],
];
const SETTINGS = [
  ["clear Bridge br-tap fail_mode", /br-tap has fail_mode standalone/],
  ["set Bridge br-tap protocols=OpenFlow10", /br-tap has protocols OpenFlow10/],
  ["set-controller br-tap ptcp:0:127.0.0.1", /br-tap has a controller/],
  ["set Bridge br-tap stp_enable=true", /br-tap has stp_enable true/],
  ["set Bridge br-tap rstp_enable=true", /br-tap has rstp_enable true/],
] as const;

/** What can be done to the row of a tap bridge, but for its claims. */
function bridgeFaults(host: number, { snapshot, all }: Users): Fault[] {
  const row = Object.values(snapshot.tables.Bridge!).find(({ name }) => name === "br-tap")!;
  const present = MARKS.filter(
    ([column, key]) => (row[column!] as Record<string, string>)[key!] !== undefined,
  );
  return [
    ...SETTINGS.map(([command, says]) => ({
      host,
      title: command,
      script: `ovs-vsctl ${command}`,
      users: all,
      says,
    })),
    ...present.map(([column, key]) => ({
      host,
      title: `${key} removed`,
      script: `ovs-vsctl remove Bridge br-tap ${column} ${key}`,
      users: all,
      says: new RegExp(`br-tap lacks .*${column}:${key}`),
    })),
    {
      host,
      title: "taas-generation altered",
      script: "ovs-vsctl set Bridge br-tap other_config:taas-generation=777",
      users: all,
      says: /missing rule on br-tap: cookie=0x7a70000000000309/,
    },
    {
      host,
      title: "fragments handled otherwise",
      script: "ovs-ofctl set-frags br-tap drop",
      users: all,
      says: /br-tap handles fragments as drop/,
    },
  ];
}

/** A claim that is altered changes what is to be for those who have a part in it; nobody else is told of the claim itself. */
function claimFaults(host: number, { snapshot, all }: Users, estate: Kept): Fault[] {
  const row = Object.values(snapshot.tables.Bridge!).find(({ name }) => name === "br-tap")!;
  const ids = row.external_ids as Record<string, string>;
  return all.map((name) => {
    const key = `taas:${estate.get(name).id}`;
    const altered = JSON.stringify({ ...JSON.parse(ids[key]!), description: "altered" });
    return {
      host,
      title: `description in the claim of ${name} altered`,
      script: `ovs-vsctl set Bridge br-tap 'external_ids:"${key}"=${quoted(altered)}'`,
      users: [name],
      says: /altered claim: description/,
    };
  });
}

/** A string as ovs-vsctl takes it, within single quotes of the shell. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("'", "'\\''");
}

/** Everything that can be done to the rows of the estate on one host, a column member at a time. */
export function faultsOf(host: number, users: Users, estate: Kept): Fault[] {
  return [...bridgeFaults(host, users), ...claimFaults(host, users, estate), ...rowFaults(host, users)];
}
