/** The resources of the drift tests: services ids@host2 and inline@host2, flows web and db from host1, app from host2, a tunnel. */
export type Name = "ids" | "inline" | "web" | "db" | "app" | "way";

/** What somebody does to a host, who reports it, and in which words. */
export interface Break {
  title: string;
  host: number;
  /** Shell lines; `$ids` and so on are owner keys. */
  script: string;
  reports: Partial<Record<Name, RegExp>>;
}

/** The hash that the pieces of the capture group of a VM are named by. */
const group = (name: string) => `$(ovs-vsctl --bare --columns=name find Mirror | grep taas- | while read m; do
  p=$(ovs-vsctl get Mirror $m select_src_port); u=$(ovs-vsctl get Port tap-${name} _uuid); case $p in *$u*) echo \${m#taas-};; esac; done)`;

/** All kinds of drift that an update repairs. */
export const BREAKS: Break[] = [
  {
    title: "a Mirror is removed",
    host: 1,
    script: `ovs-vsctl -- --id=@m get Mirror taas-${group("web")} -- remove Bridge br-int mirrors @m`,
    reports: { web: /host host1: missing mirror taas-\w+ on br-int$/ },
  },
  {
    title: "a member is taken from a Mirror's selection",
    host: 1,
    script: `ovs-vsctl clear Mirror taas-${group("web")} select_src_port`,
    reports: { web: /host host1: altered mirror taas-\w+ on br-int$/ },
  },
  {
    title: "a Mirror selects all",
    host: 1,
    script: `ovs-vsctl set Mirror taas-${group("db")} select_all=true`,
    reports: { db: /altered mirror/ },
  },
  {
    title: "a patch port is removed",
    host: 1,
    script: `ovs-vsctl del-port br-int mi-${group("web")}`,
    reports: { web: /missing port mi-\w+ on br-int/ },
  },
  {
    title: "a patch port is fenced off",
    host: 2,
    script: `ovs-vsctl set Port mt-${group("app")} tag=7`,
    reports: { app: /altered port mt-\w+ on br-tap$/ },
  },
  {
    title: "a mirror tunnel's options are altered",
    host: 1,
    script: `for p in $(ovs-vsctl list-ports br-tap | grep mv-); do ovs-vsctl set Interface $p options:tos=4; done`,
    reports: { web: /altered port mv-\w+ on br-tap/, db: /altered port mv-/, way: /altered port mv-/ },
  },
  {
    title: "a mirror tunnel is removed at its far end",
    host: 2,
    script: `for p in $(ovs-vsctl list-ports br-tap | grep mv-); do ovs-vsctl del-port br-tap $p; done`,
    reports: {
      web: /host host2: missing port mv-\w+ on br-tap/,
      db: /missing port mv-/,
      way: /missing port mv-/,
    },
  },
  {
    title: "a rule is removed",
    host: 1,
    script: `ovs-ofctl --strict del-flows br-tap "table=2,priority=100,in_port=$(ovs-vsctl get Interface mt-${group("web")} ofport)"`,
    reports: { web: /missing rule on br-tap: .*table=2/ },
  },
  {
    title: "a rule is altered",
    host: 1,
    script: `ovs-ofctl mod-flows br-tap "table=2,in_port=$(ovs-vsctl get Interface mt-${group("db")} ofport),actions=drop"`,
    reports: { db: /missing rule on br-tap: .*; host host1: unexpected rule on br-tap: / },
  },
  {
    title: "a rule is added",
    host: 2,
    script: "ovs-ofctl add-flow br-tap table=0,priority=9,actions=NORMAL",
    reports: Object.fromEntries(
      ["ids", "inline", "web", "db", "app", "way"].map((name) => [
        name,
        /unexpected rule on br-tap: .*NORMAL/,
      ]),
    ),
  },
  {
    title: "all rules are gone, as after a restart",
    host: 1,
    script: "ovs-ofctl del-flows br-tap",
    reports: Object.fromEntries(["web", "db", "way"].map((name) => [name, /missing rule on br-tap/])),
  },
  {
    title: "a claim is removed at the far end",
    host: 2,
    script: `ovs-vsctl remove Bridge br-tap external_ids "\\"taas:$web\\""`,
    reports: { web: /^drifted: host host2: claim missing$/ },
  },
  {
    title: "a claim is removed at the near end",
    host: 1,
    script: `ovs-vsctl remove Bridge br-tap external_ids "\\"taas:$db\\""`,
    // What it leaves behind belongs to nobody, so that whoever comes first removes it.
    reports: {
      db: /^drifted: host host1: claim missing/,
      web: /unexpected mirror taas-\w+ on br-int/,
      way: /unexpected port mt-\w+ on br-tap/,
    },
  },
  {
    title: "a claim of a tunnel is removed at one end",
    host: 2,
    script: `ovs-vsctl remove Bridge br-tap external_ids "\\"taas:$way\\""`,
    reports: { way: /^drifted: host host2: claim missing$/ },
  },
  {
    title: "the monitor's rule in br-int is removed",
    host: 2,
    script: "ovs-ofctl del-flows br-int cookie=0x7a70000000000000/0xffff000000000000",
    reports: { inline: /missing rule on br-int: / },
  },
  {
    title: "the tap bridge forgets to be secure",
    host: 1,
    script: "ovs-vsctl set-fail-mode br-tap standalone",
    reports: Object.fromEntries(
      ["web", "db", "way"].map((name) => [name, /br-tap has fail_mode standalone/]),
    ),
  },
];
