import { handleParameter, type Operation, outages, textFile } from '../openapi/operation.js';
import { serialStatusSchema } from './pki.schema.js';
import { artifactNames, derContentType, pemContentType } from './trust-artifact.js';

const binaryFile = { type: 'string', format: 'binary' } as const;
const ocspAnswer = {
  status: 200,
  description: 'The response in DER.',
  content: { 'application/ocsp-response': binaryFile },
  headers: { 'Cache-Control': 'How long it may be kept (RFC 5019 §6.2).' },
} as const;

export const pkiOperations: readonly Operation[] = [
  {
    method: 'GET',
    path: '/pki/{handle}/ca/{file}',
    id: 'trustArtifact',
    tag: 'pki',
    summary: "A customer's root, intermediate or chain",
    parameters: [
      handleParameter,
      {
        name: 'file',
        in: 'path',
        description:
          'chain.pem is the intermediate, then the root. Of one generation: intermediate-g1.pem, intermediate-g1.der, chain-g1.pem and so on.',
        schema: {
          type: 'string',
          anyOf: [
            { enum: artifactNames },
            { pattern: '^(?:intermediate-g[1-9][0-9]{0,5}\\.(?:pem|der)|chain-g[1-9][0-9]{0,5}\\.pem)$' },
          ],
        },
      },
    ],
    answer: {
      status: 200,
      description: 'The file. If-None-Match with its ETag gives 304.',
      content: { [pemContentType]: textFile, [derContentType]: { type: 'string', format: 'binary' } },
      headers: { ETag: 'Names this content.', 'Cache-Control': 'How long it may be kept.' },
    },
    errors: ['bad_path', 'customer_not_found', 'customer_not_active', ...outages],
  },
  {
    method: 'GET',
    path: '/pki/{handle}/cert/{serial}',
    id: 'serialStatus',
    tag: 'pki',
    summary: 'Whether a certificate is still good',
    parameters: [
      handleParameter,
      {
        name: 'serial',
        in: 'path',
        description: 'Hexadecimal, with or without colons and leading zeros, in any case.',
        schema: { type: 'string' },
      },
    ],
    answer: {
      status: 200,
      description: 'Its status now.',
      content: { 'application/json': serialStatusSchema },
    },
    errors: ['customer_not_found', 'serial_not_found', ...outages],
  },
  {
    method: 'GET',
    path: '/pki/{handle}/{file}',
    id: 'crl',
    tag: 'pki',
    summary: 'A CRL',
    description:
      'Handed on to the listener of the revocation service. Never compressed; If-None-Match and If-Modified-Since give 304.',
    parameters: [
      handleParameter,
      {
        name: 'file',
        in: 'path',
        description:
          'intermediate.crl or root.crl; with .delta for the delta CRL, and the number of a shard: intermediate.17.delta.crl.',
        schema: { type: 'string', pattern: '\\.crl$' },
      },
    ],
    answer: {
      status: 200,
      description: 'The CRL in DER.',
      content: { 'application/pkix-crl': binaryFile },
      headers: { ETag: 'Names this content.', 'Cache-Control': 'How long it may be kept.' },
    },
    errors: ['bad_path', 'service_unavailable'],
  },
  {
    method: 'POST',
    path: '/pki/{handle}/ocsp',
    id: 'ocsp',
    tag: 'pki',
    summary: 'An OCSP response',
    description: 'RFC 6960. Errors are OCSP responses with status 200.',
    parameters: [handleParameter],
    request: { 'application/ocsp-request': binaryFile },
    answer: ocspAnswer,
    errors: ['bad_path', 'service_unavailable'],
  },
  {
    method: 'GET',
    path: '/pki/{handle}/ocsp/{request}',
    id: 'ocspGet',
    tag: 'pki',
    summary: 'An OCSP response that caches may keep',
    description: 'RFC 5019. Errors are OCSP responses with status 200.',
    parameters: [
      handleParameter,
      {
        name: 'request',
        in: 'path',
        description: 'The request in base64, percent-encoded or not; it may contain slashes.',
        schema: { type: 'string' },
      },
    ],
    answer: ocspAnswer,
    errors: ['bad_path', 'service_unavailable'],
  },
];
