import { bodyValidator, type JsonSchema } from '../problem/body-validator.js';

/** What the owner's page sends: the key, and the proof that it holds the private half. */
export interface BirthCertBody {
  /** SubjectPublicKeyInfo in DER, in base64. */
  readonly spki: string;
  /** A PKCS#10 request with that key, in PEM: its signature is the proof (RFC 2986 §3). */
  readonly csr_pem: string;
}

export const birthCertBodySchema = {
  type: 'object',
  required: ['spki', 'csr_pem'],
  additionalProperties: false,
  properties: {
    spki: {
      type: 'string',
      maxLength: 1_000,
      pattern: '^[A-Za-z0-9+/]+={0,2}$',
      description: 'SubjectPublicKeyInfo of a P-256 key in DER, in base64.',
    },
    csr_pem: {
      type: 'string',
      maxLength: 20_000,
      description:
        'A PKCS#10 request with the same key, in PEM. It proves possession; names in it count for nothing.',
    },
  },
} as const satisfies JsonSchema;
export const validateBirthCertBody = bodyValidator<BirthCertBody>(birthCertBodySchema);

export interface BirthCertJson {
  readonly handle: string;
  readonly cert_pem: string;
  readonly chain: string;
  readonly serial: string;
  readonly fingerprint: string;
  readonly issued_at: string;
  readonly expires_at: string;
}

const text = { type: 'string' } as const;
const time = { type: 'string', format: 'date-time' } as const;

export const birthCertSchema: JsonSchema = {
  type: 'object',
  required: ['handle', 'cert_pem', 'chain', 'serial', 'fingerprint', 'issued_at', 'expires_at'],
  additionalProperties: false,
  properties: {
    handle: text,
    cert_pem: text,
    chain: { ...text, description: 'PEM, the intermediate, then the root.' },
    serial: text,
    fingerprint: { ...text, description: 'SHA-256 of the certificate in hex.' },
    issued_at: time,
    expires_at: time,
  },
};
