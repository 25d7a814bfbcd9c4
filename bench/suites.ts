import type { Extent, Section } from "./figure";
import { measureCloud } from "./suites/cloud";
import { measureConsole } from "./suites/console";
import { measureEngine } from "./suites/engine";
import { measureLanguages } from "./suites/languages";
import { measureLimit } from "./suites/limit";
import { measureMetrics } from "./suites/metrics";
import { measureModel } from "./suites/model";
import { measurePredecessor } from "./suites/predecessor";
import { measurePreview } from "./suites/preview";
import { measureScale } from "./suites/scale";
import { measureScripts } from "./suites/scripts";
import { measureWays } from "./suites/ways";

/** Every suite by its name. */
export const SUITES: Record<string, (extent: Extent) => Promise<Section[]>> = {
  engine: measureEngine,
  cloud: measureCloud,
  scripts: measureScripts,
  preview: measurePreview,
  languages: measureLanguages,
  predecessor: measurePredecessor,
  scale: measureScale,
  limit: measureLimit,
  metrics: measureMetrics,
  console: measureConsole,
  ways: measureWays,
  model: measureModel,
};
