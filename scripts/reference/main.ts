import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { reference } from "./reference";

// Writes docs/reference/ anew, from the repository's root.
const folder = join(resolve(process.cwd()), "docs/reference");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const [name, text] of reference(process.cwd())) writeFileSync(join(folder, name), text);
