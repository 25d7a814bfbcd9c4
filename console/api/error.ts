/** Why a request was refused, or a run failed. */
export interface ConsoleError {
  code: string;
  message: string;
  hint?: string;
  host?: string;
  /** The field of *New tap* that is wrong: `name`, `service`, `host`, `port`, `hosts`, `ports`, `filter`, `sampling`, `until`, `monitor`. */
  field?: string;
}
