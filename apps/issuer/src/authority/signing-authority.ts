import type { LeafNames, NameConstraints, SignatureAlgorithm } from '#libs/x509';

/** An active intermediate as the pipeline needs it: plain data, so that it can be handed to a worker. */
export interface SigningAuthority {
  /** UUID. */
  readonly caId: string;
  /** UUID. */
  readonly customerId: string;
  /** `local:dev-acme-intermediate`. */
  readonly keyRef: string;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly certificateDer: Uint8Array;
  /** Of every leaf: `<handle>.leaf.<base domain>`. */
  readonly subjectCommonName: string;
  /** One a part of its CRL; a certificate names the one of its serial number. */
  readonly crlUrls: readonly string[];
  /** Leaves of less than this many milliseconds name no place to ask about them; 0 for none. */
  readonly shortLivedMs: number;
  readonly ocspUrl: string;
  readonly caIssuersUrl: string;
  /** Whose names its leaves carry. */
  readonly names: LeafNames;
  /** Whether every name that is asked for must lie under `subjectCommonName`. */
  readonly ownNamesOnly: boolean;
  /** Beside those of the intermediate. */
  readonly nameConstraints: NameConstraints | undefined;
}
