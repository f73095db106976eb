import type { DataSource } from 'typeorm';
import { mapDatabaseError } from '#libs/database';
import { DomainError } from '#libs/errors';
import type { Clock } from '#libs/service';
import { randomSecret } from '#libs/x509';
import type { PublicUrls } from '../http/public-urls.js';
import { tokenOf } from '../session/persons-token.js';
import { deviceSessionMs, hashOf, type SignedIn } from '../session/session.service.js';
import { newUserCode, readUserCode } from './user-code.js';

/** A person has so long to approve, and the command line asks so often; seconds. */
const expiresInSeconds = 600;
const intervalSeconds = 2;
/** Anybody can begin one; nobody can fill the table. */
const mostUnderWay = 10_000;

export interface DeviceLogin {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  readonly expires_in: number;
  readonly interval: number;
}

export type DeviceAnswer =
  | { readonly status: 'pending' | 'denied' | 'expired' }
  | { readonly status: 'approved'; readonly token: string; readonly expires_in: number };

export interface DeviceServiceParts {
  readonly dataSource: DataSource;
  readonly urls: PublicUrls;
  readonly clock: Clock;
}

/**
 * Sign-in of a command line, approved in a browser, after RFC 8628. The product itself plays the authorization
 * server, so it works with every identity provider, also with those that know no devices.
 */
export class DeviceService {
  constructor(private readonly parts: DeviceServiceParts) {}

  /** @throws DomainError overloaded while too many are under way */
  async begin(): Promise<DeviceLogin> {
    const { clock, urls } = this.parts;
    const deviceCode = randomSecret();
    const userCode = newUserCode();
    const now = clock.now();
    const started = await this.ask<boolean>(
      'SELECT gateway.start_device_login($1, $2, $3, $4, $5) AS outcome',
      [
        ...[
          hashOf(deviceCode),
          userCode,
          new Date(now),
          new Date(now + expiresInSeconds * 1_000),
          mostUnderWay,
        ],
      ],
    );
    if (!started) throw new DomainError('overloaded', 'Too many sign-ins are under way. Try again soon.');
    const page = `${urls.base}/dashboard/device`;
    return {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: page,
      verification_uri_complete: `${page}?code=${userCode}`,
      expires_in: expiresInSeconds,
      interval: intervalSeconds,
    };
  }

  /** Whoever is signed in lets a command line act as them, or says that it is not theirs. */
  async answer(signedIn: SignedIn, code: string, approve: boolean): Promise<void> {
    const { clock } = this.parts;
    const userCode = readUserCode(code);
    const answered =
      userCode !== undefined &&
      (await this.ask<boolean>('SELECT gateway.answer_device_login($1, $2, $3, $4) AS outcome', [
        ...[userCode, signedIn.person.id, !approve, new Date(clock.now())],
      ]));
    if (answered) return;
    throw new DomainError('bad_request', 'No sign-in waits for this code. It may have expired.', {
      details: { field: 'user_code' },
    });
  }

  /** What became of a sign-in; the token is given once. */
  async redeem(deviceCode: string): Promise<DeviceAnswer> {
    const now = this.parts.clock.now();
    const secret = randomSecret();
    const outcome = await this.ask<'pending' | 'denied' | 'unknown' | 'approved'>(
      'SELECT gateway.redeem_device_login($1, $2, $3, $4) AS outcome',
      [hashOf(deviceCode), hashOf(secret), new Date(now), new Date(now + deviceSessionMs)],
    );
    switch (outcome) {
      case 'approved':
        return { status: 'approved', token: tokenOf(secret), expires_in: deviceSessionMs / 1_000 };
      case 'unknown':
        return { status: 'expired' };
      default:
        return { status: outcome };
    }
  }

  private async ask<T>(sql: string, parameters: unknown[]): Promise<T> {
    try {
      const rows: { outcome: T }[] = await this.parts.dataSource.query(sql, parameters);
      const [row] = rows;
      if (row === undefined) throw new TypeError('a function gave no row');
      return row.outcome;
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }
}
