/** The screen of an address of the page. */
export type Route =
  | { screen: "taps" | "newTap" | "services" | "newService" | "hosts" | "changes" | "nowhere" }
  | { screen: "tap" | "preview" | "change"; id: string };

const PLAIN: Readonly<Record<string, Exclude<Route, { id: string }>["screen"]>> = {
  "/": "taps",
  "/new": "newTap",
  "/services": "services",
  "/services/new": "newService",
  "/hosts": "hosts",
  "/changes": "changes",
};
const WITH_ID: Readonly<Record<string, Extract<Route, { id: string }>["screen"]>> = {
  taps: "tap",
  previews: "preview",
  changes: "change",
};

/** The screen of a path. */
export function routeOf(path: string): Route {
  const plain = Object.hasOwn(PLAIN, path) ? PLAIN[path] : undefined;
  if (plain !== undefined) return { screen: plain };
  const [, folder = "", id = "", ...rest] = path.split("/");
  const screen = Object.hasOwn(WITH_ID, folder) ? WITH_ID[folder] : undefined;
  const decoded = rest.length === 0 ? decode(id) : "";
  return screen === undefined || decoded === "" ? { screen: "nowhere" } : { screen, id: decoded };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

const HALF = /\p{Surrogate}/gu;

/** Any text as one part of a path. */
export function encoded(text: string): string {
  return encodeURIComponent(text.replace(HALF, "\ufffd"));
}

/** The path of a screen about one object. */
export function pathOf(folder: "taps" | "previews" | "changes", id: string): string {
  return `/${folder}/${encoded(id)}`;
}
