/** A certification request that is refused; `reason` is one clause for the person who sent it. */
export class CsrError extends Error {
  override readonly name = 'CsrError';

  constructor(
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(reason, options);
  }
}
