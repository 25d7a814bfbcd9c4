/**
 * What the console's server and its page say to each other: plain JSON over HTTP and server-sent events. All text may come
 * from a host and is to be shown as text. A field that has nothing to say is absent, never null. Times are ISO 8601.
 *
 * | Request | Reply |
 * |---|---|
 * | `GET /login?token=T` | the cookie of the session, and the way to `/` |
 * | `GET /api/session` | `Session` |
 * | `GET /api/taps`, `/api/services`, `/api/hosts`, `/api/changes` | `TapRow[]`, `ServiceRow[]`, `HostRow[]`, `ChangeSummary[]` |
 * | `GET /api/taps/ID` | `Tap` |
 * | `GET /api/hosts/NAME/ports` | `Vm[]` |
 * | `GET /api/hosts/NAME/ports/PORT/facts?service=ID` | `NewTapFacts` |
 * | `GET /api/hosts/NAME/selection?ports=JSON&service=ID` | `NewTapFacts` of the ports that a `PortSelector` matches |
 * | `POST /api/previews` with an `Edit` | `{ id }`: the preview runs on the server |
 * | `GET /api/previews/ID` | `Preview` |
 * | `POST /api/previews/ID/confirm` with `{ fingerprint }` | `{ change }`, the id of the change |
 * | `POST /api/previews/ID/save`, `/discard` with `{}` | `{ change }`; `{}` |
 * | `GET /api/changes/ID` | `Change` |
 * | `POST /api/changes/ID/approve`, `/reject` with `{}` | `{}` |
 * | `POST /api/taps/ID/verify` with `{}` | `Stage[]` |
 * | `GET /api/taps/ID/capture.pcapng` | the last frames of the last watch, as a file |
 * | `GET /api/events` | server-sent `Event`s; the first is a snapshot |
 * | `GET /api/events?tap=ID`, with `&watch=1` | the same, and `TapEvent`s of that tap |
 *
 * Whatever is refused has a status of 400 or more and a `ConsoleError`.
 */

/** Who is looking, and what they may do. */
export interface Session {
  user: string;
  role: "admin" | "tenant" | "viewer";
  /** The only tenant that a tenant sees. */
  tenant?: string;
  /** Absent if the console was started without a project and is read-only. */
  project?: { name: string; stack: string };
  /** Why nothing can be changed; absent if changes are possible. */
  readOnly?: string;
  /** Whether changes of tenants wait for another person. */
  approval: boolean;
  /** What this server can do with a tap. */
  can: { verify: boolean; watch: boolean };
}
