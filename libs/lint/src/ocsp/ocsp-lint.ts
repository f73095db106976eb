import type { OcspResponseData } from '#libs/x509';

/** A clause about a to-be-signed OCSP response. */
export interface OcspLint {
  readonly name: string;
  readonly citation: string;
  /** What is wrong, or undefined. @throws DerError for an encoding that cannot be read, which is a finding too */
  check(data: OcspResponseData): string | undefined;
}
