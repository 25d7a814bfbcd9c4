import { expect } from "chai";
import type { Edit } from "../../provider/converge/edit";
import type { Host } from "../../provider/converge/host";
import { TaasError } from "../../provider/errors";
import type { HostRecord } from "../../provider/host/host";
import { ConnectionPool } from "../../provider/host/pool";
import { createContext } from "../../provider/runtime";
import { readSettings } from "../../provider/settings";

const machine: HostRecord = { name: "a", address: "192.0.2.1" };
const edit: Edit = { owner: "o/p/s/TapService/ids", kind: "note", apply: () => {} };

describe("records of one address", () => {
  const { use } = ConnectionPool.prototype;
  /** The names under which a machine that is out of reach was asked for. */
  let asked: string[];

  beforeEach(() => {
    asked = [];
    ConnectionPool.prototype.use = async ({ name }) => {
      asked.push(name);
      throw new TaasError("no route", { code: "unreachable", host: name });
    };
  });

  afterEach(() => {
    ConnectionPool.prototype.use = use;
  });

  /** Does the same on two records' hosts at once, and returns the errors. */
  async function onBoth(other: HostRecord, work: (host: Host) => Promise<unknown>): Promise<string[]> {
    const { open } = createContext(readSettings(() => undefined));
    const done = await Promise.allSettled([machine, other].map((record) => work(open(record))));
    return done.map((one) => (one.status === "rejected" ? one.reason.message : "done"));
  }

  for (const [what, work] of [
    ["a look", (host: Host) => host.look()],
    ["a comparison", (host: Host) => host.inspect()],
    ["a change", (host: Host) => host.submit(edit)],
  ] as const) {
    it(`share ${what}, whatever else they say, and each gets the answer under its own name`, async () => {
      const other = { ...machine, name: "x", port: 2222, user: "ops", keeper: true } as const;
      expect(await onBoth(other, work)).to.deep.equal(["host a: no route", "host x: no route"]);
      expect(asked).to.deep.equal(["a"]);
    });

    it(`share no ${what.slice(2)} if they name different tap bridges`, async () => {
      await onBoth({ ...machine, tapBridge: "br-x" }, work);
      expect(asked).to.deep.equal(["a", "a"]);
    });
  }
});
