// Bundles what the state of every stack calls, `pulumi-taas/handlers`, into one file: one file loads faster than hundreds, and
// without what nothing uses of zod. ssh2 stays outside, for its native parts.
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const license = readFileSync("node_modules/zod/LICENSE", "utf8").trim().replaceAll("\n", "\n * ");

await build({
  entryPoints: ["provider/handlers.ts"],
  outfile: "dist/handlers.js",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["ssh2"],
  banner: { js: `/*!\n * With zod, whose license is:\n *\n * ${license}\n */` },
  logLevel: "warning",
});
