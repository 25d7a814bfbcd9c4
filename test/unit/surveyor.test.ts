import { expect } from "chai";
import type { HostRecord } from "../../provider/host/host";
import type { Context } from "../../provider/resource/context";
import { Surveyor } from "../../provider/survey/surveyor";

const records: HostRecord[] = ["quick", "hung", "down"].map((name) => ({ name, address: name }));

describe("a survey of hosts", () => {
  it("waits for no host longer than it is told to, and sends no more requests to a host that has not answered", async () => {
    const asked: string[] = [];
    let answer = () => {};
    const inspect = (name: string) => {
      asked.push(name);
      if (name === "down") return Promise.reject(new Error("no route"));
      if (name === "quick") return Promise.resolve({});
      return new Promise((resolve) => {
        answer = () => resolve({});
      });
    };
    const open = ({ name }: HostRecord) => ({ inspect: () => inspect(name), statistics: async () => ({}) });
    const surveyor = new Surveyor({ open } as unknown as Context, records, 30);
    const outcome = async () =>
      (await surveyor.survey()).map(({ record, error }) => [record.name, error?.message]);
    const late = [
      ["quick", undefined],
      ["hung", "host hung: it did not answer within 0.03 s. Check its load and the connection to it"],
      ["down", "no route"],
    ];
    expect(await outcome()).to.deep.equal(late);
    expect(await outcome()).to.deep.equal(late);
    expect(asked.filter((name) => name === "hung")).to.have.length(1);
    answer();
    expect((await outcome())[1]).to.deep.equal(["hung", undefined]);
  });
});
