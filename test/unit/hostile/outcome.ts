import { expect } from "chai";
import { TaasError } from "../../../provider/errors";

/** Characters that steer a terminal, or are half of one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/u;

/** Demands that a text can be shown: that it steers no terminal, and is one line without a command to a pipeline. */
export function expectShowable(text: string): void {
  expect(text).not.to.match(/\n|##\w*\[/);
  expect(STEERING.test(text), JSON.stringify(text.slice(0, 500))).to.equal(false);
  expect(text.length).to.be.below(50_000);
}

/** What work gives; undefined where it refuses as it should: by an error for the operator that can be shown. */
export function outcome<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    refusal(error);
    return undefined;
  }
}

/** The same for work that takes its time. */
export async function eventually<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    refusal(error);
    return undefined;
  }
}

function refusal(error: unknown): void {
  if (!(error instanceof TaasError)) throw error;
  for (const text of [error.message, error.shortMessage, error.hint ?? ""]) expectShowable(text);
}
