import { z } from 'zod';
import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes } from '../cli-failure.js';
import { ServerClient } from '../server/server-client.js';

const loginSchema = z.looseObject({
  device_code: z.string(),
  user_code: z.string(),
  verification_uri: z.string(),
  verification_uri_complete: z.string(),
  expires_in: z.number(),
  interval: z.number(),
});
export type DeviceLogin = z.infer<typeof loginSchema>;

const statusSchema = z.union([
  z.looseObject({ status: z.literal('approved'), token: z.string(), expires_in: z.number() }),
  z.looseObject({ status: z.enum(['pending', 'denied', 'expired']) }),
]);
export type DeviceStatus = z.infer<typeof statusSchema>;

export const whoSchema = z.looseObject({
  person: z.looseObject({ email: z.string(), name: z.string().nullish(), issuer: z.string() }),
  account: z.looseObject({ handle: z.string(), tier: z.string(), status: z.string() }).nullish(),
});
export type WhoJson = z.infer<typeof whoSchema>;

/** What a person who signs in asks of the server. */
export class SessionClient {
  private readonly server: ServerClient;

  constructor(context: CliContext) {
    this.server = new ServerClient(context);
  }

  async begin(): Promise<DeviceLogin> {
    return read(loginSchema, await this.server.json({ method: 'POST', path: '/v1/device' }));
  }

  async status(deviceCode: string): Promise<DeviceStatus> {
    const body = { device_code: deviceCode };
    return read(statusSchema, await this.server.json({ method: 'POST', path: '/v1/device/token', body }));
  }

  async who(token: string): Promise<WhoJson> {
    return read(whoSchema, await this.server.json({ method: 'GET', path: '/v1/account', token }));
  }

  async signOut(token: string): Promise<void> {
    await this.server.send({ method: 'POST', path: '/v1/sign-out', token });
  }
}

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const outcome = schema.safeParse(value);
  if (outcome.success) return outcome.data;
  throw new CliFailure(exitCodes.failed, 'the server answered in a form that this version does not know');
}
