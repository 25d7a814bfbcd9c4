import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { packageSchema } from "./packageSchema";

// Writes plugin/schema.json anew, from the repository's root.
const root = resolve(process.cwd());
writeFileSync(join(root, "plugin/schema.json"), `${JSON.stringify(packageSchema(root), null, 2)}\n`);
