import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The version of the package that this file is in, bundled or not. */
export function packageVersion(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      if (name === "pulumi-taas") return version;
    } catch (error) {
      if (folder === dirname(folder)) throw error;
    }
  }
}
