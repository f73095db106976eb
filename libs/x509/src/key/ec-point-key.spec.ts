import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { type EcCurve, keyFromPoint } from './ec-point-key.js';

const pointLength = { 'P-256': 65, 'P-384': 97, 'P-521': 133 } as const;

describe('a key object made of a point', () => {
  it.each(['P-256', 'P-384', 'P-521'] as EcCurve[])(
    'on %s equals and verifies like the imported one',
    (curve) => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
      const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-pointLength[curve]);
      const key = keyFromPoint?.(curve, point);
      // Where Node offers no such import there is nothing to compare; JWK serves then.
      if (!key) return expect(keyFromPoint).toBeUndefined();
      const message = Buffer.from('message');
      const signature = sign('sha256', message, privateKey);
      expect(key.equals(publicKey)).toBe(true);
      expect(verify('sha256', message, key, signature)).toBe(true);
      expect(verify('sha256', Buffer.from('another'), key, signature)).toBe(false);
    },
  );

  it('is refused off the curve, of the wrong length and at infinity', () => {
    for (const point of [Buffer.alloc(65, 4), Buffer.alloc(64, 4), Buffer.from([0]), Buffer.alloc(0)]) {
      expect(() => keyFromPoint?.('P-256', point) ?? raise()).toThrow();
    }
  });
});

function raise(): never {
  throw new Error('there is no such import here');
}
