import { type Operation, operatorErrors } from '../openapi/operation.js';
import { healthSchema, readySchema, statusSchema } from './status.schema.js';

const json = (schema: Operation['answer']['content'][string]) => ({ 'application/json': schema });

export const statusOperations: readonly Operation[] = [
  {
    method: 'GET',
    path: '/v1/admin/status',
    id: 'status',
    tag: 'operator',
    access: ['operator'],
    summary: 'Which services answer',
    answer: { status: 200, description: 'Every service, up or down.', content: json(statusSchema) },
    errors: [...operatorErrors],
  },
  {
    method: 'GET',
    path: '/health',
    id: 'health',
    tag: 'service',
    summary: 'The process lives',
    answer: { status: 200, description: 'It does.', content: json(healthSchema) },
    errors: [],
  },
  {
    method: 'GET',
    path: '/ready',
    id: 'ready',
    tag: 'service',
    summary: 'Requests can be served',
    answer: { status: 200, description: 'They can.', content: json(readySchema) },
    errors: ['service_unavailable'],
  },
  {
    method: 'GET',
    path: '/openapi.json',
    id: 'openapi',
    tag: 'service',
    summary: 'This document',
    answer: { status: 200, description: 'OpenAPI 3.1.', content: json({ type: 'object' }) },
    errors: [],
  },
];
