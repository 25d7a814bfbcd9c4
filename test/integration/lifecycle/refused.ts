import { expect } from "chai";
import { TaasError } from "../../../provider/errors";
import type { LabHost } from "../../lab/host";
import { diffSnapshots } from "../../lab/snapshot";

/** What a refusal must say: everything an operator needs to act on it. */
export interface Refusal {
  code: string;
  /** Name of the host it is about. */
  host: string;
  /** What happened. */
  says: RegExp;
  /** The way out. */
  hint: RegExp;
}

/** Expects that the work fails with this error, and that no host differs from before. */
export async function expectRefused(
  hosts: readonly LabHost[],
  work: () => Promise<unknown>,
  refusal: Refusal,
): Promise<void> {
  const error = await unchanged(hosts, () => failureOf(work()));
  expect(error).to.be.instanceOf(TaasError);
  const { code, host, hint, shortMessage, message } = error as TaasError;
  expect({ code, host }, message).to.deep.equal({ code: refusal.code, host: refusal.host });
  expect(shortMessage, shortMessage).to.match(refusal.says);
  expect(hint).to.match(refusal.hint);
  expect(message).to.contain(`host ${refusal.host}: `).and.contain(hint);
}

/** Does the work and expects that no host differs from before. */
export async function unchanged<T>(hosts: readonly LabHost[], work: () => Promise<T>): Promise<T> {
  const before = await Promise.all(hosts.map((host) => host.snapshot()));
  const result = await work();
  for (const [index, host] of hosts.entries()) {
    expect(diffSnapshots(before[index]!, await host.snapshot()), host.name).to.deep.equal([]);
  }
  return result;
}

/** The error that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}
