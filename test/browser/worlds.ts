import type { World } from "./fakeConsole";
import { hostRow, tapRow } from "./rows";
import { usualWorld } from "./usualWorld";

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
