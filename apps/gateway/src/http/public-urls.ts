/** The addresses that the gateway gives to its clients. */
export class PublicUrls {
  private listening = '';

  /**
   * @param configured base URL that clients use; without one, what the gateway listens on
   * @param configuredPki base URL of what is public about CAs; without one, `/pki` below the other
   */
  constructor(
    private readonly configured: string | undefined,
    private readonly configuredPki: string | undefined,
  ) {}

  /** Known once the gateway listens, because port 0 takes a free one. */
  listenOn(url: string): void {
    this.listening = url;
  }

  get base(): string {
    return this.configured ?? this.listening;
  }

  mint(handle: string): string {
    return `${this.base}/${handle}/mint`;
  }

  /** Where Free customers issue, with the lifetime in the body, or before the path. */
  get freeIssue(): string {
    return `${this.base}/v1/free/issue`;
  }

  pki(handle: string): string {
    return `${this.configuredPki ?? `${this.base}/pki`}/${handle}`;
  }
}
