import { handleParameter, type Operation, outages, textFile } from '../openapi/operation.js';
import { serialStatusSchema } from './pki.schema.js';
import { artifactNames, derContentType, pemContentType } from './trust-artifact.js';

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
];
