import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** The repository's root, wherever the compiled files are. */
export function repositoryRoot(): string {
  return resolve(require.resolve("@pulumi/pulumi/package.json"), "../../../..");
}

/**
 * Makes a Pulumi project in a new temporary directory: the given files, a Pulumi.yaml unless it is one of them, and the
 * repository's node_modules, so that the SDK and this package resolve. The answer is the directory.
 */
export function fixtureProject(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), "taas-project-"));
  const defaults = {
    "Pulumi.yaml": "name: fixture\nruntime: nodejs\n",
    "package.json": '{ "name": "fixture", "main": "index.ts" }\n',
    "tsconfig.json":
      '{ "compilerOptions": { "strict": true, "target": "ES2022", "module": "nodenext", "noCheck": true } }\n',
  };
  for (const [path, text] of Object.entries({ ...defaults, ...files })) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  symlinkSync(join(repositoryRoot(), "node_modules"), join(directory, "node_modules"));
  return directory;
}
