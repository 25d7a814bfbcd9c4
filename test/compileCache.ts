import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import Module from "node:module";
import { dirname, join } from "node:path";
import { cachedDataVersionTag } from "node:v8";
import { Script } from "node:vm";

/**
 * Keeps what V8 compiles of packages and of this project from one process to the next, as Node.js 22 does by itself where
 * `NODE_COMPILE_CACHE` is set. A suite starts a thousand processes that load the same files, and half of that is compiling.
 * Loaded before everything else, by `NODE_OPTIONS`; what a file does is unchanged.
 */
const directory = process.env.NODE_COMPILE_CACHE;

/** Node.js's own loader, which its types do not tell of. */
interface Loader {
  prototype: { _compile(this: NodeJS.Module, text: string, file: string, format?: string): unknown };
  wrap(text: string): string;
  _resolveFilename(name: string, parent: NodeJS.Module, isMain: boolean, options?: object): string;
  _cache: NodeJS.Require["cache"];
  _extensions: NodeJS.Require["extensions"];
}

type Wrapped = (...words: unknown[]) => unknown;

if (directory !== undefined && !("enableCompileCache" in Module))
  install(Module as unknown as Loader, directory);

function install(loader: Loader, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const { _compile: compile } = loader.prototype;
  loader.prototype._compile = function (text, file, format) {
    if (format === "module" || !isKept(file, text)) return compile.call(this, text, file, format);
    const place = join(folder, nameOf(file));
    const cachedData = cached(place);
    const script = new Script(loader.wrap(text), {
      filename: file,
      ...(cachedData && { cachedData }),
    });
    const compiled = script.runInThisContext() as Wrapped;
    const result = compiled.call(
      this.exports,
      this.exports,
      requireOf(loader, this),
      this,
      file,
      dirname(file),
    );
    if (cachedData === undefined || script.cachedDataRejected === true) keep(place, script);
    return result;
  };
}

/**
 * Whether what V8 makes of a file is kept: not where the file imports, since a script from V8's cache no longer knows who
 * imports for it. TypeScript only could.
 */
function isKept(file: string, text: string): boolean {
  if (file.endsWith("/typescript/lib/typescript.js")) return true;
  return (
    /\/(?:node_modules|dist)\/.*\.js$/.test(file) && !text.startsWith("#!") && !/\bimport\s*\(/.test(text)
  );
}

/** What V8 compiles fits a version of the file, and V8's own version and flags, which a program may set at any time. */
function nameOf(file: string): string {
  const { mtimeMs, size } = statSync(file);
  return createHash("md5").update(`${cachedDataVersionTag()} ${mtimeMs} ${size} ${file}`).digest("hex");
}

/** With the functions that loading the file ran: these would be compiled when they are first called. */
function keep(place: string, script: Script): void {
  writeFileSync(`${place}.${process.pid}`, script.createCachedData());
  renameSync(`${place}.${process.pid}`, place);
}

function cached(place: string): Buffer | undefined {
  try {
    return readFileSync(place);
  } catch {
    return undefined;
  }
}

/** The `require` that a file is given. */
function requireOf(loader: Loader, module: NodeJS.Module): NodeJS.Require {
  const resolve = (name: string, options?: object) => loader._resolveFilename(name, module, false, options);
  return Object.assign((name: string) => module.require(name), {
    resolve: Object.assign(resolve, { paths: () => null }),
    main: process.mainModule,
    cache: loader._cache,
    extensions: loader._extensions,
  });
}
