import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** MiB. */
function most(): number {
  return process.resourceUsage().maxRSS / 1024;
}

const file = process.env.TAAS_BENCH_MEMORY;

// The program's own process, and the engine's, have it in their environment too.
if (file !== undefined && process.argv.some((word) => word.includes("dynamic-provider"))) {
  const before = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  setInterval(() => writeFileSync(file, String(Math.max(before, most()))), 500).unref();
}
