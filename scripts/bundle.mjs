// Bundles what is run of this package, what the state of every stack calls (`pulumi-taas/handlers`), the commands, the plugin and the
// console's page, into one file each: one file loads faster than hundreds, without what nothing uses of the packages it needs. ssh2 stays
// outside, for its native parts.
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { build } from "esbuild";

const BUNDLES = {
  "dist/handlers.js": "provider/handlers.ts",
  "dist/cli.js": "cli/main.ts",
  "plugin/plugin.js": "plugin/main.ts",
};

/** What else a bundle leaves to node_modules: Pulumi's automation comes with the program's own SDK. */
const EXTERNAL = { "dist/cli.js": ["@pulumi/pulumi/*"] };

/** The folder of the package that a file of node_modules belongs to. */
function packageOf(file) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

function licenseOf(folder) {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file === undefined) throw new Error(`${folder} has no licence`);
  return readFileSync(`${folder}/${file}`, "utf8").trim();
}

/** A comment with the licence of each package that is in the bundle; packages with the same one share it. */
function banner(files) {
  const folders = new Set(files.map(packageOf).filter((folder) => folder !== undefined));
  const byLicense = new Map();
  for (const folder of [...folders].sort()) {
    const text = licenseOf(folder);
    byLicense.set(text, [...(byLicense.get(text) ?? []), folder.replace(/^.*node_modules\//, "")]);
  }
  const parts = [...byLicense].map(
    ([text, names]) => `With ${names.join(", ")}, whose license is:\n\n${text}`,
  );
  return `/*!\n${parts.join("\n\n").replaceAll("*/", "* /").replace(/^/gm, " * ").replace(/ +$/gm, "")}\n */`;
}

/** Bundles with the licences of what is in it at the top. */
async function bundle(options) {
  const { metafile } = await build({ ...options, write: false, metafile: true });
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0),
  );
  await build({ ...options, banner: { js: banner(files) } });
}

for (const [outfile, entryPoint] of Object.entries(BUNDLES))
  await bundle({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["ssh2", ...(EXTERNAL[outfile] ?? [])],
    logLevel: "warning",
  });

const PAGE = "dist/console";
await bundle({
  entryPoints: { app: "console/web/main.tsx" },
  outdir: PAGE,
  bundle: true,
  minify: true,
  platform: "browser",
  target: "es2022",
  format: "esm",
  tsconfig: "console/web/tsconfig.json",
  logLevel: "warning",
});
await build({
  entryPoints: ["console/web/app.css"],
  outdir: PAGE,
  bundle: true,
  minify: true,
  target: ["chrome109", "firefox115", "safari16"],
  logLevel: "warning",
});
for (const file of ["index.html", "icon.svg"]) copyFileSync(`console/web/${file}`, `${PAGE}/${file}`);
