import { handleParameter, type Operation, operatorErrors, outages } from '../openapi/operation.js';
import {
  csrSchema,
  importedSchema,
  importSchema,
  rotateSchema,
  rotationSchema,
  transcriptSchema,
} from './ceremony.schema.js';

const base = '/v1/admin/customers/{handle}';
const shared = { tag: 'operator', access: ['operator'], parameters: [handleParameter] } as const;
const bodyErrors = ['body_too_large', 'unsupported_media_type', 'bad_request'] as const;

export const ceremonyOperations: readonly Operation[] = [
  {
    ...shared,
    method: 'GET',
    path: `${base}/transcript`,
    id: 'showTranscript',
    summary: "Show the transcript of a customer's ceremonies",
    answer: {
      status: 200,
      description: 'Every entry and artefact.',
      content: { 'application/json': transcriptSchema },
    },
    errors: [...operatorErrors, 'customer_not_found', ...outages],
  },
  {
    ...shared,
    method: 'POST',
    path: `${base}/ca/rotate`,
    id: 'rotateCa',
    summary: "Make a customer's next intermediate and move minting to it, when that is due or at once",
    request: { 'application/json': rotateSchema },
    answer: {
      status: 200,
      description: 'What is or would be done.',
      content: { 'application/json': rotationSchema },
    },
    errors: [
      ...operatorErrors,
      ...bodyErrors,
      'customer_not_found',
      'customer_not_active',
      'ceremony_under_way',
      ...outages,
    ],
  },
  {
    ...shared,
    method: 'POST',
    path: `${base}/ca/csr`,
    id: 'requestCa',
    summary: 'Make a request for an intermediate that a root of the customer’s own will sign',
    description: 'Asking again gives the same request until it is answered.',
    answer: { status: 200, description: 'The request.', content: { 'application/json': csrSchema } },
    errors: [...operatorErrors, 'customer_not_found', 'ceremony_under_way', ...outages],
  },
  {
    ...shared,
    method: 'POST',
    path: `${base}/ca/import`,
    id: 'importCa',
    summary: 'Take an intermediate that the customer’s own root has signed, and mint with it',
    request: { 'application/json': importSchema },
    answer: {
      status: 200,
      description: 'It was verified, and its ceremony has begun.',
      content: { 'application/json': importedSchema },
    },
    errors: [
      ...operatorErrors,
      ...bodyErrors,
      'bad_certificate',
      'customer_not_found',
      'ceremony_under_way',
      'signer_unavailable',
      ...outages,
    ],
  },
];
