import type {
  Change,
  ChangeSummary,
  HostRow,
  Preview,
  ServiceRow,
  Session,
  Stage,
  Tap,
  TapRow,
  Vm,
} from "../../console/api";
import type { World } from "./fakeConsole";

const STACK = "acme/taps/prod";
const OTHER = "acme/security/prod";

/** A time so many minutes from now. */
function inMinutes(minutes: number): string {
  return new Date(Date.now() + minutes * 60_000).toISOString();
}

export const ADMIN: Session = {
  user: "ada",
  role: "admin",
  project: { name: "taps", stack: "prod", file: "Pulumi.yaml" },
  approval: false,
  can: { verify: true, watch: true },
};

export function tapRow(part: Partial<TapRow> & { name: string }): TapRow {
  const { name } = part;
  return {
    id: `${STACK}/TapFlow/${name}`,
    owner: `${STACK}/TapFlow/${name}`,
    host: "compute1",
    vm: name,
    vnic: 0,
    port: `tap-${name}`,
    service: "ids",
    serviceId: `${STACK}/TapService/ids`,
    monitor: "tap-ids on compute2",
    direction: "both",
    filter: "",
    state: "active",
    stack: STACK,
    own: true,
    copiesPerSecond: 120,
    changedAt: inMinutes(-90),
    changedBy: "ada",
    ...part,
  };
}

export function serviceRow(part: Partial<ServiceRow> & { name: string }): ServiceRow {
  const { name } = part;
  return {
    id: `${STACK}/TapService/${name}`,
    owner: `${STACK}/TapService/${name}`,
    host: "compute2",
    monitor: `tap-${name} on compute2`,
    tunnelId: 4_711_203,
    state: "active",
    stack: STACK,
    own: true,
    taps: 0,
    delivered: 18_204,
    perSecond: 412,
    kind: "port",
    changedAt: inMinutes(-3000),
    changedBy: "ada",
    ...part,
  };
}

export function hostRow(part: Partial<HostRow> & { name: string }): HostRow {
  return {
    address: "192.0.2.11",
    state: "reachable",
    ovsVersion: "3.1.0",
    keeper: "running",
    drift: [],
    mirrorsUsed: 5,
    mirrorsLimit: 32,
    foreignMirrors: [],
    taps: 3,
    services: 1,
    lookedAt: inMinutes(-0.1),
    ...part,
  };
}

const TAPS: TapRow[] = [
  tapRow({
    name: "web",
    vnic: 1,
    direction: "ingress",
    filter: "tcp port 443",
    copiesPerSecond: 1204,
    until: inMinutes(400),
  }),
  tapRow({
    name: "db",
    host: "compute2",
    state: "drifted",
    reason: "compute2: the Mirror of tap-db is missing",
    copiesPerSecond: 0,
  }),
  tapRow({ name: "mail", direction: "egress", filter: "tcp port 25 or tcp port 465", copiesPerSecond: 3.4 }),
  tapRow({
    name: "audit",
    id: `${OTHER}/TapFlow/audit`,
    owner: `${OTHER}/TapFlow/audit`,
    stack: OTHER,
    own: false,
    vm: "payments",
    port: "tap-payments",
    service: "recorder",
    monitor: "198.51.100.9 (erspan)",
    tenant: "security",
    copiesPerSecond: 88,
  }),
  tapRow({
    name: "batch",
    host: "compute3",
    state: "unreachable",
    reason: "compute3: connection refused",
    copiesPerSecond: 0,
  }),
  tapRow({ name: "lab", state: "ended", until: inMinutes(-30), copiesPerSecond: 0 }),
  tapRow({ name: "proxy", state: "disabled", copiesPerSecond: 0 }),
  tapRow({ name: "cache", state: "saved", copiesPerSecond: undefined, changedBy: "grace" }),
];

const SERVICES: ServiceRow[] = [
  serviceRow({ name: "ids", taps: 5 }),
  serviceRow({
    name: "forensics",
    state: "drifted",
    reason: "compute2: tap-forensics is plugged into br-int again",
    perSecond: 0,
  }),
  serviceRow({
    name: "recorder",
    id: `${OTHER}/TapService/recorder`,
    stack: OTHER,
    own: false,
    tenant: "security",
    kind: "collector",
    monitor: "198.51.100.9 (erspan)",
    taps: 1,
  }),
];

const HOSTS: HostRow[] = [
  hostRow({ name: "compute1" }),
  hostRow({
    name: "compute2",
    address: "192.0.2.12",
    drift: ["the Mirror of tap-db is missing", "tap-forensics is plugged into br-int again"],
    mirrorsUsed: 29,
    foreignMirrors: ["span0"],
    keeper: "stale",
  }),
  hostRow({
    name: "compute3",
    address: "192.0.2.13",
    state: "unreachable",
    reason: "connection refused: see whether sshd runs there",
    ovsVersion: undefined,
    mirrorsUsed: undefined,
    keeper: undefined,
    lookedAt: undefined,
  }),
];

export function change(part: Partial<ChangeSummary> & { id: string }): ChangeSummary {
  return { at: inMinutes(-12), by: "ada", what: "Create the tap web", outcome: "succeeded", ...part };
}

const CHANGES: ChangeSummary[] = [
  change({ id: "7", what: "Delete the tap cache2", outcome: "waiting", waitsFor: "grace's run of 10:02" }),
  change({ id: "6", what: "Create the tap cache", by: "grace", outcome: "running" }),
  change({ id: "5", what: "Create the tap tenant-a", by: "tenant-a", outcome: "awaiting-approval" }),
  change({ id: "4", what: "Create the tap proxy", outcome: "saved" }),
  change({ id: "3", what: "Delete the tap old", outcome: "failed" }),
  change({ id: "2", what: "Create the tap db", outcome: "outdated" }),
  change({ id: "1", at: inMinutes(-600) }),
];

/** The stages of a tap whose copies arrive, or stop at `dead`. */
export function stages(dead?: Stage["kind"]): Stage[] {
  const all: Omit<Stage, "state">[] = [
    {
      kind: "source",
      host: "compute1",
      title: "tap-web",
      detail: "VM web, vNIC 1",
      frames: 1_204_882,
      perSecond: 1830,
    },
    {
      kind: "capture",
      host: "compute1",
      title: "Mirror of tap-web",
      detail: "ingress",
      frames: 812_004,
      perSecond: 1310,
    },
    {
      kind: "filter",
      host: "compute1",
      title: "tcp port 443",
      detail: "2 rules",
      frames: 611_230,
      perSecond: 1204,
    },
    {
      kind: "tunnel",
      host: "compute1",
      title: "VXLAN to compute2",
      detail: "tunnel id 4711203",
      frames: 611_230,
      perSecond: 1204,
    },
    {
      kind: "delivery",
      host: "compute2",
      title: "tap-ids",
      detail: "VM ids",
      frames: 611_228,
      perSecond: 1204,
    },
  ];
  const at = all.findIndex(({ kind }) => kind === dead);
  return all.map((stage, index) => {
    if (at < 0 || index < at) return { ...stage, state: "ok" };
    const stopped = { ...stage, frames: 0, perSecond: 0 };
    return index === at
      ? {
          ...stopped,
          state: "dead",
          reason: "frames leave compute1 and none arrive: UDP port 14789 may be closed",
        }
      : { ...stopped, state: "idle" };
  });
}

function tap(row: TapRow): Tap {
  return {
    ...row,
    stages: stages(row.state === "drifted" ? "capture" : undefined),
    rules: [
      "web,vNIC 1 ingress: tcp,tp_src=443 -> tunnel 4711203 to compute2",
      "web,vNIC 1 ingress: tcp,tp_dst=443 -> tunnel 4711203 to compute2",
    ],
    claims: [
      {
        host: row.host,
        key: `taas:${row.owner}`,
        json: JSON.stringify({ format: 1, kind: "flow", port: row.port }, null, 2),
      },
    ],
    history: [change({ id: "1", what: `Create the tap ${row.name}`, at: inMinutes(-600) })],
    ...(row.own
      ? {}
      : {
          moveCode:
            "resources:\n  audit:\n    type: taas:TapFlow\n    properties:\n      host: compute1\n      port: tap-payments\n",
        }),
  };
}

const VMS: Vm[] = [
  {
    id: "3f1c0f7e-5a49-4d0f-9f0c-0a6f5f0b7c11",
    name: "web",
    vnics: [0, 1, 2].map((index) => ({
      port: `tap-web-${index}`,
      ref: { vmUuid: "3f1c0f7e-5a49-4d0f-9f0c-0a6f5f0b7c11", vnic: index },
      index,
      mac: `fa:16:3e:00:00:0${index}`,
      network: ["management", "front", "storage"][index]!,
      mtu: 1450,
      monitor: false,
      tappedBy: index === 1 ? ["web"] : [],
    })),
  },
  {
    id: "8b0c5f22",
    name: "db",
    vnics: [{ port: "tap-db", ref: { port: "tap-db" }, index: 0, vlan: 10, monitor: false, tappedBy: [] }],
  },
  {
    id: "tap-ids",
    name: "ids",
    vnics: [{ port: "tap-ids", ref: { port: "tap-ids" }, index: 0, monitor: true, tappedBy: [] }],
  },
];

/** A preview of a new tap that is ready to be confirmed. */
export const PREVIEW: Preview = {
  id: "p1",
  state: "ready",
  edit: {
    kind: "createTap",
    name: "web-2",
    service: { id: `${STACK}/TapService/ids` },
    host: "compute1",
    port: { vmUuid: "3f1c0f7e-5a49-4d0f-9f0c-0a6f5f0b7c11", vnic: 1 },
    direction: "ingress",
    filter: "tcp port 443",
  },
  by: "ada",
  summary: "1 to create, 8 unchanged",
  steps: [
    {
      op: "create",
      type: "TapFlow",
      name: "web-2",
      rules: [
        { sign: "+", text: "web vNIC 1 ingress: tcp,tp_src=443 -> tunnel 4711203 to compute2" },
        { sign: "+", text: "web vNIC 1 ingress: tcp,tp_dst=443 -> tunnel 4711203 to compute2" },
      ],
      changes: [],
    },
  ],
  hiddenSteps: 0,
  programDiff:
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Pulumi's own
    "--- Pulumi.yaml\n+++ Pulumi.yaml\n@@ -20,3 +20,10 @@\n       port: tap-ids\n+  web-2:\n+    type: taas:TapFlow\n+    properties:\n+      service: ${ids.ref}\n+      host: compute1\n+      direction: ingress\n+      filter: tcp port 443\n outputs:\n",
  pulumiDiff:
    '+ taas:index:TapFlow: (create)\n    [urn=urn:pulumi:prod::taps::taas:index:TapFlow::web-2]\n    direction: "ingress"\n',
  warnings: [],
  fingerprint: "f1",
  needsApproval: false,
};

export function changeOf(part: Partial<Change> & { id: string }): Change {
  return {
    ...change(part),
    steps: PREVIEW.steps.map((step) => ({ ...step, done: true })),
    log: ["Updating (prod)", "+ taas:index:TapFlow web-2 created (0.8s)"],
    programDiff: PREVIEW.programDiff,
    mayApprove: false,
    ...part,
  };
}

/** Three hosts, taps in every state, an admin. */
export function usualWorld(): World {
  return {
    session: ADMIN,
    snapshot: {
      type: "snapshot",
      taps: TAPS,
      services: SERVICES,
      hosts: HOSTS,
      changes: CHANGES,
      complete: true,
    },
    taps: Object.fromEntries(TAPS.map((row) => [row.id, tap(row)])),
    ports: { compute1: VMS, compute2: [] },
    facts: {
      mtu: { source: 1450, path: 1400 },
      mirrorsLeft: 27,
      conflicts: ["web taps this port into ids already"],
    },
    previews: { p1: PREVIEW },
    changes: Object.fromEntries(
      CHANGES.map((row) => [
        row.id,
        changeOf({
          ...row,
          mayApprove: true,
          ...(row.outcome === "outdated" ? { preview: "p1" } : {}),
          ...(row.outcome === "failed"
            ? {
                error: {
                  code: "unreachable",
                  message: "no answer on port 22",
                  host: "compute3",
                  hint: "see whether the host is up",
                },
              }
            : {}),
        }),
      ]),
    ),
    posts: {
      "/api/previews": { id: "p1" },
      "/api/previews/p1/confirm": { change: "6" },
      "/api/previews/p1/save": { change: "4" },
      "/api/previews/p1/discard": {},
    },
  };
}

/** Answered by every host, and nothing there. */
export function emptyWorld(): World {
  const world = usualWorld();
  return {
    ...world,
    snapshot: { ...world.snapshot!, taps: [], services: [], hosts: [], changes: [] },
    ports: {},
  };
}

/** So many taps on 20 hosts. */
export function largeWorld(count: number): World {
  const world = usualWorld();
  const taps = Array.from({ length: count }, (_, index) =>
    tapRow({
      name: `vm-${String(index).padStart(4, "0")}`,
      host: `compute${(index % 20) + 1}`,
      filter: index % 3 === 0 ? `tcp port ${8000 + index}` : "",
      state: index % 50 === 0 ? "drifted" : "active",
    }),
  );
  const hosts = Array.from({ length: 20 }, (_, index) => hostRow({ name: `compute${index + 1}` }));
  return { ...world, snapshot: { ...world.snapshot!, taps, hosts } };
}
