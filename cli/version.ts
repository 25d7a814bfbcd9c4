import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The package that contains this file, bundled or not. */
function ownPackage(): { folder: string; version: string } {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      if (name === "pulumi-taas") return { folder, version };
    } catch (error) {
      if (folder === dirname(folder)) throw error;
    }
  }
}

/** The version of the package that contains this file. */
export function packageVersion(): string {
  return ownPackage().version;
}

/** The folder of the package that contains this file. */
export function packageFolder(): string {
  return ownPackage().folder;
}
