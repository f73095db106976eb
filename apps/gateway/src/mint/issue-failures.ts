import { DomainError } from '#libs/errors';

interface Failure {
  readonly index: number;
  readonly reason: string;
}

/**
 * What the issuer says of refused CSRs, with the gateway's own reason for those whose PEM it could not read.
 *
 * @param problems by the index of the CSR
 * @returns any other error unchanged
 */
export function explainFailures(error: DomainError, problems: ReadonlyMap<number, string>): DomainError {
  const { failures } = error.details;
  if (error.code !== 'issue_failed' || problems.size === 0 || !isFailures(failures)) return error;
  const explained = failures.map(({ index, reason }) => ({ index, reason: problems.get(index) ?? reason }));
  const message = explained.map(({ index, reason }) => `csr ${index}: ${reason}`).join('; ');
  return new DomainError('issue_failed', message, {
    details: { ...error.details, failures: explained },
    cause: error,
  });
}

function isFailures(value: unknown): value is readonly Failure[] {
  return Array.isArray(value) && value.every((each) => typeof each?.index === 'number');
}
