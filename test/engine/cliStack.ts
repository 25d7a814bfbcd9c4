import type { Stack, StackOptions } from "./stack";
export async function findCli(): Promise<string | undefined> {
  return undefined;
}
export async function openCliStack(_o: StackOptions, _cli: string): Promise<Stack> {
  throw new Error("later");
}
