import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Session } from "../api/session";
import { LiveContext, SessionContext, useEvents, useLive, WatchContext } from "./liveContext";
import { Link, useRoute } from "./navigation";
import { Title } from "./parts/head";
import { LoadError } from "./parts/loadError";
import { ErrorNotice, Notice } from "./parts/notice";
import { Bars } from "./parts/skeleton";
import { Text, When } from "./parts/text";
import type { Route } from "./route";
import { ChangeScreen } from "./screens/change";
import { ChangesScreen } from "./screens/changes";
import { HostsScreen } from "./screens/hosts";
import { NewServiceScreen } from "./screens/newService";
import { NewTapScreen } from "./screens/newTap";
import { PreviewScreen } from "./screens/preview";
import { ServicesScreen } from "./screens/services";
import { TapScreen } from "./screens/tap";
import { TapsScreen } from "./screens/taps";
import { useLoaded } from "./useLoaded";

/** The whole page: the session, the live data, and the screen of the current address. */
export function Page() {
  const { value: session, error, status, again } = useLoaded<Session>("/api/session");
  const route = useRoute();
  const watch = useState<string>();
  const tap = route.screen === "tap" ? route.id : undefined;
  const live = useEvents({ wanted: session !== undefined, tap, watched: watch[0] }, again);
  if (status === 401)
    return (
      <main class="alone">
        <h1>Open the console's link</h1>
        <p>
          This browser is not logged in. Open the link that <code>pulumi-taas console</code> printed. It works
          once; start the command again for another one.
        </p>
      </main>
    );
  // Somebody who is let in keeps the page while the console does not answer.
  if (error !== undefined && (session === undefined || status === 403))
    return (
      <main class="alone">
        <h1>{status === 403 ? "You are not let in" : "The console cannot be reached"}</h1>
        <LoadError error={error} again={again} />
      </main>
    );
  return (
    <SessionContext.Provider value={session}>
      <LiveContext.Provider value={live}>
        <WatchContext.Provider value={watch}>
          <Frame session={session}>{session === undefined ? <Bars count={6} /> : <Screen />}</Frame>
        </WatchContext.Provider>
      </LiveContext.Provider>
    </SessionContext.Provider>
  );
}

function screenOf(route: Route) {
  switch (route.screen) {
    case "taps":
      return <TapsScreen />;
    case "tap":
      return <TapScreen key={route.id} id={route.id} />;
    case "newTap":
      return <NewTapScreen />;
    case "services":
      return <ServicesScreen />;
    case "newService":
      return <NewServiceScreen />;
    case "hosts":
      return <HostsScreen />;
    case "changes":
      return <ChangesScreen />;
    case "change":
      return <ChangeScreen key={route.id} id={route.id} />;
    case "preview":
      return <PreviewScreen key={route.id} id={route.id} />;
    case "nowhere":
      return (
        <>
          <Title>There is no such page</Title>
          <p>
            The list of all taps is <Link to="/">here</Link>.
          </p>
        </>
      );
  }
}

/**
 * The screen. After a move, the focus is on its heading, where a keyboard and a screen reader continue: as soon as the
 * heading is shown, so that no key is pressed before.
 */
function Screen() {
  const route = useRoute();
  const place = JSON.stringify(route);
  const first = useRef(true);
  useLayoutEffect(() => {
    const heading = document.querySelector("h1");
    document.title = `${heading?.textContent ?? "Taps"} · pulumi-taas`;
    if (!first.current) heading?.focus();
    first.current = false;
  }, [place]);
  return screenOf(route);
}

const SECTIONS = [
  ["/", "Taps", ["taps", "tap", "newTap", "preview"]],
  ["/services", "Services", ["services", "newService"]],
  ["/hosts", "Hosts", ["hosts"]],
  ["/changes", "Changes", ["changes", "change"]],
] as const;

function Frame(props: { session: Session | undefined; children: ComponentChildren }) {
  const { session, children } = props;
  const { screen } = useRoute();
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="top">
        <div class="top-line">
          <span class="brand">
            <img src="/icon.svg" alt="" width="24" height="24" />
            pulumi-taas
          </span>
          <nav aria-label="Screens">
            {SECTIONS.map(([to, name, screens]) => (
              <Link key={to} to={to} current={(screens as readonly string[]).includes(screen)}>
                {name}
              </Link>
            ))}
          </nav>
          {session !== undefined && <Who session={session} />}
        </div>
      </header>
      <main id="main">
        <Warnings />
        {children}
      </main>
    </>
  );
}

function Who(props: { session: Session }) {
  const { user, role, tenant, project } = props.session;
  return (
    <p class="who">
      {project !== undefined && (
        <span>
          <Text longest={40}>{`${project.name}/${project.stack}`}</Text>
        </span>
      )}
      <span class="soft">
        <Text longest={40}>{user}</Text> ({tenant === undefined ? role : <Text longest={40}>{tenant}</Text>})
      </span>
    </p>
  );
}

/** Warnings that concern the whole page and are shown on every screen. */
function Warnings() {
  const { connected, lock, programError } = useLive();
  return (
    <div aria-live="polite">
      {!connected && (
        <Notice tone="warn" title="The console does not answer. What is shown may be old.">
          <p>It is asked again every few seconds.</p>
        </Notice>
      )}
      {lock !== undefined && (
        <Notice
          tone="warn"
          title={
            <>
              The stack is locked by <Text>{lock.by}</Text>
              {lock.since !== undefined && (
                <>
                  , since <When time={lock.since} />
                </>
              )}
            </>
          }
        >
          <p>
            No change runs until that run has ended. If it has died, run <code>pulumi cancel</code> in the
            project. This note stays until the next run from here.
          </p>
        </Notice>
      )}
      {programError !== undefined && <ErrorNotice error={programError} />}
    </div>
  );
}
