import { repositoryRoot } from "../engine/fixtureProject";

/** A service as a program has it; `properties` in YAML. */
export function serviceText(name: string, properties: string): string {
  return resourceText("TapService", name, properties);
}

/** A tap into a service of the same program. */
export function flowText(name: string, service: string, properties: string): string {
  return resourceText("TapFlow", name, `service: "\${${service}.ref}", host: host1, ${properties}`);
}

function resourceText(type: string, name: string, properties: string): string {
  return `  ${name}:\n    type: taas:${type}\n    properties: { ${properties} }\n`;
}

/** A program that uses the plugin of this repository. */
export function programOf(...resources: string[]): string {
  return `name: taps
runtime: yaml
packages: { taas: ${repositoryRoot()}/plugin }
resources:
${resources.join("")}`;
}
