import { TaasError } from "../errors";
import type { HostRecord } from "../host/host";
import type { Context } from "../resource/context";
import type { Seen, Survey } from "./survey";

/** Surveys the same hosts again and again. It only reads, and a host that does not answer delays no other. */
export class Surveyor {
  /** Requests that hosts have not answered yet: a host gets no other request until then. */
  private readonly asked = new Map<HostRecord, Promise<Seen>>();

  /** `timeoutMs`: how long one survey waits for a host. */
  constructor(
    private readonly context: Context,
    private readonly records: readonly HostRecord[],
    private readonly timeoutMs: number,
  ) {}

  /** Surveys all hosts at the same time. */
  survey(): Promise<Survey[]> {
    return Promise.all(this.records.map((record) => this.surveyHost(record)));
  }

  private async surveyHost(record: HostRecord): Promise<Survey> {
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    try {
      const seen = await this.inTime(record, this.asked.get(record) ?? this.ask(record));
      return { record, seconds: seconds(), seen };
    } catch (error) {
      return { record, seconds: seconds(), error: error as Error };
    }
  }

  private ask(record: HostRecord): Promise<Seen> {
    const asking = this.read(record).finally(() => this.asked.delete(record));
    this.asked.set(record, asking);
    return asking;
  }

  private async read(record: HostRecord): Promise<Seen> {
    const host = this.context.open(record);
    const inspection = await host.inspect();
    return { inspection, statistics: await host.statistics(inspection) };
  }

  private async inTime(record: HostRecord, asking: Promise<Seen>): Promise<Seen> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const seconds = this.timeoutMs / 1000;
      const error = new TaasError(`it did not answer within ${seconds} s`, {
        code: "operation-timeout",
        host: record.name,
        hint: "Check its load and the connection to it",
      });
      timer = setTimeout(() => reject(error), this.timeoutMs);
    });
    try {
      return await Promise.race([asking, late]);
    } finally {
      clearTimeout(timer);
      asking.catch(() => {});
    }
  }
}
