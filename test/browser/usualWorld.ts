import type { ChangeSummary } from "../../console/api/changes";
import type { Vm } from "../../console/api/ports";
import type { HostRow, ServiceRow, TapRow } from "../../console/api/rows";
import type { Session } from "../../console/api/session";
import type { World } from "./fakeConsole";
import { changeOf, PREVIEW } from "./preview";
import { change, hostRow, inMinutes, OTHER, serviceRow, tapRow } from "./rows";
import { tap } from "./tap";

export const ADMIN: Session = {
  user: "ada",
  role: "admin",
  project: { name: "taps", stack: "prod" },
  approval: false,
  can: { verify: true, watch: true },
};

const TAPS: TapRow[] = [
  tapRow({
    name: "web",
    vnic: 1,
    port: "tap-web-1",
    direction: "ingress",
    filter: "tcp port 443",
    copiesPerSecond: 1204,
    until: inMinutes(400),
  }),
  tapRow({
    name: "db",
    host: "compute2",
    state: "drifted",
    reason: "compute2: source port tap-db is not plugged",
    copiesPerSecond: 0,
  }),
  tapRow({
    name: "mail",
    direction: "egress",
    filter: "tcp port 25 or tcp port 465",
    oneIn: 4,
    copiesPerSecond: 3.4,
  }),
  tapRow({
    name: "audit",
    id: `${OTHER}/TapFlow/audit`,
    owner: `${OTHER}/TapFlow/audit`,
    stack: OTHER,
    own: false,
    vm: "payments",
    port: "tap-payments",
    service: "recorder",
    serviceId: `${OTHER}/TapService/recorder`,
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
  serviceRow({ name: "ids", taps: 6, perSecond: 1207.4 }),
  serviceRow({
    name: "forensics",
    state: "drifted",
    reason: "compute2: tap-forensics is plugged into br-int again",
    perSecond: 0,
  }),
  serviceRow({
    name: "recorder",
    id: `${OTHER}/TapService/recorder`,
    owner: `${OTHER}/TapService/recorder`,
    stack: OTHER,
    own: false,
    tenant: "security",
    kind: "collector",
    monitor: "198.51.100.9 (erspan)",
    taps: 1,
    delivered: undefined,
    perSecond: undefined,
  }),
];

const HOSTS: HostRow[] = [
  hostRow({ name: "compute1", taps: 5, services: 0 }),
  hostRow({
    name: "compute2",
    address: "192.0.2.12",
    drift: ["source port tap-db is not plugged", "tap-forensics is plugged into br-int again"],
    mirrorsUsed: 29,
    foreignMirrors: Array.from({ length: 29 }, (_, index) => `span${index}`),
    keeper: "stale",
    taps: 1,
    services: 2,
  }),
  hostRow({
    name: "compute3",
    address: "192.0.2.13",
    state: "unreachable",
    reason: "connection refused: see whether sshd runs there",
    ovsVersion: undefined,
    mirrorsUsed: undefined,
    keeper: undefined,
    taps: 1,
    services: 0,
    lookedAt: undefined,
  }),
];

const CHANGES: ChangeSummary[] = [
  change({ id: "7", what: "Delete the tap cache2", outcome: "waiting", waitsFor: "grace's run of 10:02" }),
  change({ id: "6", what: "Create the tap cache", by: "grace", outcome: "running" }),
  change({ id: "5", what: "Create the tap tenant-a", by: "tenant-a", outcome: "awaiting-approval" }),
  change({ id: "4", what: "Create the tap proxy", outcome: "saved" }),
  change({ id: "3", what: "Delete the tap old", outcome: "failed" }),
  change({ id: "2", what: "Create the tap db", outcome: "outdated" }),
  change({ id: "1", at: inMinutes(-600) }),
];

/** The VM with three vNICs, of which the second is tapped. */
const WEB: Vm = {
  id: "3f1c0f7e-5a49-4d0f-9f0c-0a6f5f0b7c11",
  name: "web",
  uuid: "3f1c0f7e-5a49-4d0f-9f0c-0a6f5f0b7c11",
  vnics: ["management", "front", "storage"].map((network, index) => ({
    port: `tap-web-${index}`,
    ref: { vmUuid: "3f1c0f7e-5a49-4d0f-9f0c-0a6f5f0b7c11", vnic: index },
    index,
    mac: `fa:16:3e:00:00:0${index}`,
    network,
    mtu: 1450,
    monitor: false,
    tappedBy: index === 1 ? ["web"] : [],
  })),
};

/** A VM that is known by its only port: a monitor, or tapped by `tap`. */
function plainVm(name: string, tap?: string): Vm {
  const port = `tap-${name}`;
  const tappedBy = tap === undefined ? [] : [tap];
  return {
    id: port,
    name,
    vnics: [{ port, ref: { port }, index: 0, vlan: 10, monitor: tap === undefined, tappedBy }],
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
    ports: {
      compute1: [
        WEB,
        plainVm("mail", "mail"),
        plainVm("payments", "audit"),
        plainVm("lab", "lab"),
        plainVm("proxy", "proxy"),
      ],
      compute2: [plainVm("ids"), plainVm("forensics")],
    },
    facts: {
      ports: ["tap-web-1"],
      mtu: { source: 1450, path: 1400 },
      mirrorsLeft: 27,
      conflicts: ["web taps this port into ids already"],
    },
    selections: {
      compute1: {
        ports: ["tap-lab", "tap-mail", "tap-payments", "tap-proxy", "tap-web-0", "tap-web-1", "tap-web-2"],
        mtu: { source: 1500, path: 1400 },
        mirrorsLeft: 27,
        conflicts: ["tap-web-1 is tapped into ids by web already"],
      },
      compute2: { ports: [], mirrorsLeft: 3, conflicts: [] },
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
