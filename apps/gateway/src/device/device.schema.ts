import { bodyValidator, type JsonSchema } from '../problem/body-validator.js';

export const deviceAnswerSchema = {
  type: 'object',
  required: ['user_code', 'approve'],
  additionalProperties: false,
  properties: {
    user_code: { type: 'string', maxLength: 40, description: 'As the command line shows it.' },
    approve: { type: 'boolean' },
  },
} as const satisfies JsonSchema;

export const redeemSchema = {
  type: 'object',
  required: ['device_code'],
  additionalProperties: false,
  properties: { device_code: { type: 'string', maxLength: 100 } },
} as const satisfies JsonSchema;

export const deviceLoginSchema = {
  type: 'object',
  required: [
    'device_code',
    'user_code',
    'verification_uri',
    'verification_uri_complete',
    'expires_in',
    'interval',
  ],
  properties: {
    device_code: { type: 'string' },
    user_code: { type: 'string' },
    verification_uri: { type: 'string' },
    verification_uri_complete: { type: 'string' },
    expires_in: { type: 'integer', description: 'Seconds.' },
    interval: { type: 'integer', description: 'Seconds between two questions.' },
  },
} as const satisfies JsonSchema;

export const deviceStatusSchema = {
  type: 'object',
  required: ['status'],
  properties: {
    status: { enum: ['pending', 'approved', 'denied', 'expired'] },
    token: { type: 'string', description: 'The bearer of the session, once, when approved.' },
    expires_in: { type: 'integer', description: 'Seconds that the session lasts.' },
  },
} as const satisfies JsonSchema;

export const validateDeviceAnswer = bodyValidator<{ readonly user_code: string; readonly approve: boolean }>(
  deviceAnswerSchema,
);
export const validateRedeem = bodyValidator<{ readonly device_code: string }>(redeemSchema);
