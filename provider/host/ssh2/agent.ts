import {
  BaseAgent,
  type IdentityCallback,
  OpenSSHAgent,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from "ssh2";

/** An ssh-agent whose keys are offered with those of the identity files first, or only those (`IdentitiesOnly`). */
export class SelectiveAgent extends BaseAgent<ParsedKey> {
  /** The number of keys it offered; `undefined` before it is asked. */
  offered: number | undefined;
  private readonly agent: OpenSSHAgent;

  constructor(
    readonly socketPath: string,
    private readonly preferred: readonly Buffer[],
    private readonly others: "offer" | "hold back",
    private readonly isAllowed: (key: ParsedKey) => boolean,
  ) {
    super();
    this.agent = new OpenSSHAgent(socketPath);
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    this.agent.getIdentities((error, keys) => {
      if (error) return callback(error);
      const all = ((keys ?? []) as ParsedKey[]).filter(this.isAllowed);
      const isPreferred = (key: ParsedKey) => this.preferred.some((blob) => blob.equals(key.getPublicSSH()));
      const others = this.others === "offer" ? all.filter((key) => !isPreferred(key)) : [];
      const selected = [...all.filter(isPreferred), ...others];
      this.offered = selected.length;
      callback(undefined, selected);
    });
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ) {
    if (typeof options === "function") this.agent.sign(key, data, options);
    else this.agent.sign(key, data, options, callback);
  }
}
