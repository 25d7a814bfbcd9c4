import { type HostAccess, tapBridgeOf, type WithAccess } from "./converge/access";
import { HostQueue } from "./converge/hostQueue";
import type { HostRecord } from "./host/host";
import { claimedHost, withPresentConnection } from "./host/inventory";
import { ConnectionPool } from "./host/pool";
import type { HostSession } from "./host/session";
import { closeOnInterrupt } from "./host/shutdown";
import { OvsdbClient } from "./ovs/ovsdbClient";
import { TapSwitch } from "./ovs/tapSwitch";
import { printable } from "./printable";
import { type Context, namesOf } from "./resource/context";
import type { Settings } from "./settings";

/** Everything that lives as long as the provider process: one connection and one queue a host. */
export function createContext(settings: Settings, warn: (message: string) => void): Context {
  const pool = new ConnectionPool(settings.connection);
  closeOnInterrupt(pool);
  return contextOf(pool, settings, warn);
}

/** Does a piece of work with connections that are closed at its end, or by an interrupt. */
export async function withContext<T>(settings: Settings, work: (context: Context) => Promise<T>): Promise<T> {
  const pool = new ConnectionPool(settings.connection);
  closeOnInterrupt(pool);
  try {
    return await work(contextOf(pool, settings, (message) => console.error(`warning: ${message}`)));
  } finally {
    await pool.closeAll();
  }
}

function contextOf(pool: ConnectionPool, settings: Settings, warn: (message: string) => void): Context {
  const withAccess = lendAccess(pool, settings);
  const queues = new Map<string, HostQueue>();
  const named = new Map<string, HostRecord>();
  return {
    ...namesOf(settings.inventory),
    presentHost(recorded) {
      const present = withPresentConnection(recorded, settings.inventory);
      named.set(present.address, present);
      return present;
    },
    claimedHost: (claimed) => claimedHost(claimed, settings.inventory, named),
    open(record) {
      const key = JSON.stringify(record);
      const queue = queues.get(key) ?? new HostQueue(record, withAccess);
      queues.set(key, queue);
      return queue;
    },
    warn: (message) => warn(printable(message)),
  };
}

/** The tools that scripts need rights for; an error names the one that may not be used. */
const TOOLS = ["ovs-vsctl", "ovs-ofctl"];

/** Asks as a push will: for the bridges' sockets where it goes to them by itself, else for the tool by sudo. */
const ASK = `
[ -n "$TAAS_SUDO" ] || for socket in "\${OVS_RUNDIR:-/var/run/openvswitch}"/*.mgmt; do
  [ -w "$socket" ] || [ ! -e "$socket" ] || { echo "$socket: Permission denied" >&2; exit 1; }
done
exec $TAAS_SUDO "$1" --version
`;

/** Root needs no asking. Each session is asked once. */
const rights = new WeakMap<HostSession, Promise<void>>();

function rightsOf(session: HostSession): Promise<void> {
  const known = rights.get(session);
  if (known !== undefined) return known;
  const asking = session.probe().then(async ({ uid }) => {
    if (uid === 0) return;
    for (const tool of TOOLS) await session.run({ text: ASK, name: tool, words: [tool] });
  });
  rights.set(session, asking);
  asking.catch(() => rights.delete(session));
  return asking;
}

/** The tap bridges of a session, by name: what is known of them lasts as long as its connection. */
const switches = new WeakMap<HostSession, Map<string, TapSwitch>>();

function tapSwitchOf(session: HostSession, bridge: string): TapSwitch {
  const ofSession = switches.get(session) ?? new Map<string, TapSwitch>();
  switches.set(session, ofSession);
  const tapSwitch = ofSession.get(bridge) ?? new TapSwitch(() => session.openSwitch(bridge));
  ofSession.set(bridge, tapSwitch);
  return tapSwitch;
}

/** OVSDB clients are kept with their session, that is as long as its connection stands. */
function lendAccess(pool: ConnectionPool, settings: Settings): WithAccess {
  const clients = new WeakMap<HostSession, Promise<OvsdbClient>>();
  const timeoutMs = settings.connection.operationTimeout * 1000;
  const clientOf = async (session: HostSession, record: HostRecord): Promise<OvsdbClient> => {
    const present = clients.get(session);
    if (present !== undefined && !(await present).closed) return present;
    if (clients.get(session) !== present) return clientOf(session, record);
    const opening = session
      .openOvsdb()
      .then((channel) => new OvsdbClient(channel, { host: record.name, timeoutMs }));
    clients.set(session, opening);
    opening.catch(() => clients.delete(session));
    return opening;
  };
  return (record, work) =>
    pool.use(record, async (session) => {
      const access: HostAccess = {
        record,
        ovsdb: await clientOf(session, record),
        tapSwitch: tapSwitchOf(session, tapBridgeOf(record)),
        run: (argv, options) => session.run(argv, options),
        requireRights: () => rightsOf(session),
        timeoutMs,
      };
      return work(access);
    });
}
