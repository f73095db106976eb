import { type Operation, outages } from '../openapi/operation.js';
import { deviceAnswerSchema, deviceLoginSchema, deviceStatusSchema, redeemSchema } from './device.schema.js';

const bodyErrors = ['body_too_large', 'unsupported_media_type', 'bad_request'] as const;

export const deviceOperations: readonly Operation[] = [
  {
    tag: 'account',
    method: 'POST',
    path: '/v1/device',
    id: 'beginDeviceLogin',
    summary: 'Begin the sign-in of a command line',
    description: 'After RFC 8628: the person opens verification_uri and approves user_code there.',
    answer: {
      status: 200,
      description: 'What to show, and what to ask with.',
      content: { 'application/json': deviceLoginSchema },
    },
    errors: ['overloaded', ...outages],
  },
  {
    tag: 'account',
    method: 'POST',
    path: '/v1/device/answer',
    id: 'answerDeviceLogin',
    summary: 'Approve or deny the sign-in of a command line',
    access: ['owner', 'visitor'],
    request: { 'application/json': deviceAnswerSchema },
    answer: {
      status: 200,
      description: 'It is answered.',
      content: {
        'application/json': {
          type: 'object',
          required: ['status'],
          properties: { status: { enum: ['approved', 'denied'] } },
        },
      },
    },
    errors: ['unauthorized', 'cross_site', 'sign_in_refused', ...bodyErrors, ...outages],
  },
  {
    tag: 'account',
    method: 'POST',
    path: '/v1/device/token',
    id: 'redeemDeviceLogin',
    summary: 'Ask what became of the sign-in of a command line',
    request: { 'application/json': redeemSchema },
    answer: {
      status: 200,
      description: 'Pending, denied, expired, or approved with the token.',
      content: { 'application/json': deviceStatusSchema },
    },
    errors: [...bodyErrors, ...outages],
  },
];
