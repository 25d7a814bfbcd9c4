// Bundles what is run of this package, what the state of every stack calls (`pulumi-taas/handlers`), the commands and the plugin, into one file
// each: one file loads faster than hundreds, without what nothing uses of the packages it needs. ssh2 stays outside, for its native parts.
import { readdirSync, readFileSync } from "node:fs";
import { build } from "esbuild";

const BUNDLES = {
  "dist/handlers.js": "provider/handlers.ts",
  "dist/cli.js": "cli/main.ts",
  "plugin/plugin.js": "plugin/main.ts",
};

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

for (const [outfile, entryPoint] of Object.entries(BUNDLES)) {
  const options = {
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["ssh2"],
    logLevel: "warning",
  };
  const { metafile } = await build({ ...options, write: false, metafile: true });
  const [{ inputs }] = Object.values(metafile.outputs);
  const files = Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0);
  await build({ ...options, banner: { js: banner(files) } });
}
