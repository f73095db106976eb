import { SerialStatus } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { FixedClock } from '#libs/testing';
import { RevocationWatch } from './revocation-watch.js';

const clock = new FixedClock();
const certificate = {
  kind: 'certificate' as const,
  ...{ customerId: 'id', handle: 'acme', status: 'active' as const, tier: 'dev' as const },
  ...{ fingerprint: 'ab', serial: new Uint8Array(16), expiresAt: Number.POSITIVE_INFINITY },
};
let asked = 0;
let answer: () => SerialStatus = () => SerialStatus.ACTIVE;
let watch: RevocationWatch;
beforeEach(() => {
  asked = 0;
  answer = () => SerialStatus.ACTIVE;
  const revocation = {
    async getSerialStatus() {
      asked += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return { $typeName: 'stackrunner.revocation.v1.GetSerialStatusResponse' as const, status: answer() };
    },
  };
  watch = new RevocationWatch(revocation as never, clock);
});
const fail = (code: 'serial_not_found' | 'service_unavailable') => () => {
  throw new DomainError(code, 'No.');
};

describe('the watch for revoked client certificates', () => {
  it('asks once for all that come at once, and again after half a second', async () => {
    await Promise.all([1, 2, 3].map(() => watch.isRevoked(certificate)));
    clock.advance(499);
    expect(await watch.isRevoked(certificate)).toBe(false);
    expect(asked).toBe(1);
    answer = () => SerialStatus.REVOKED;
    clock.advance(1);
    expect(await watch.isRevoked(certificate)).toBe(true);
    expect(asked).toBe(2);
  });

  it('takes what revocation has not heard of for good', async () => {
    answer = fail('serial_not_found');
    expect(await watch.isRevoked(certificate)).toBe(false);
  });

  it('keeps to the last answer for a while when it cannot ask, and then to none', async () => {
    await watch.isRevoked(certificate);
    answer = fail('service_unavailable');
    clock.advance(29_999);
    expect(await watch.isRevoked(certificate)).toBe(false);
    clock.advance(1);
    await expect(watch.isRevoked(certificate)).rejects.toMatchObject({ code: 'service_unavailable' });
  });
});
