import { createPublicKey, type KeyObject } from 'node:crypto';

/** Makes a key object of an uncompressed point; throws when it is not on the curve. */
export type KeyFromPoint = (curve: EcCurve, point: Uint8Array) => KeyObject;
export type EcCurve = 'P-256' | 'P-384' | 'P-521';

/** OpenSSL's names, and the octets of an uncompressed point. */
const curves = {
  'P-256': { name: 'prime256v1', length: 65 },
  'P-384': { name: 'secp384r1', length: 97 },
  'P-521': { name: 'secp521r1', length: 133 },
} as const;
const uncompressed = 4;

/** RFC 7515 A.3: any valid key serves to look at. */
const sample = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};

/** What WebCrypto's raw import calls underneath, as far as it is used here. */
interface KeyHandle {
  initECRaw(curve: string, point: Uint8Array): boolean;
}

/**
 * The import that WebCrypto's `importKey('raw')` does underneath, without its promises: 23 µs a P-256 key where a JWK
 * takes 85, and 40 µs less at the first verification (docs/adr/0008). It checks that the point is on the curve. It
 * leaves out the multiplication by the order, which proves nothing more here: the cofactor of these curves is 1
 * (SP 800-56A rev. 3 §5.6.2.3.4, partial validation).
 *
 * Node has no public name for it. It is looked for once, tried out, and undefined where it does not behave.
 */
export const keyFromPoint: KeyFromPoint | undefined = discover();

function discover(): KeyFromPoint | undefined {
  try {
    const known = createPublicKey({ key: sample, format: 'jwk' });
    const symbol = [known, Object.getPrototypeOf(known)]
      .flatMap((object) => Object.getOwnPropertySymbols(object))
      .find((each) => each.description === 'kHandle');
    if (symbol === undefined) return undefined;
    const Handle = (Reflect.get(known, symbol) as object).constructor as new () => KeyHandle;
    const PublicKey = known.constructor as new (handle: KeyHandle) => KeyObject;
    const make: KeyFromPoint = (curve, point) => {
      const { name, length } = curves[curve];
      const handle = new Handle();
      // OpenSSL would take the point at infinity, which is one zero octet, and compressed points.
      const fits = point.length === length && point[0] === uncompressed;
      if (!fits || !handle.initECRaw(name, point)) throw new RangeError(`not a point on ${curve}`);
      return new PublicKey(handle);
    };
    return behaves(make, known) ? make : undefined;
  } catch {
    // Another Node, made differently inside.
    return undefined;
  }
}

function behaves(make: KeyFromPoint, known: KeyObject): boolean {
  const point = Buffer.from(known.export({ format: 'der', type: 'spki' }).subarray(-65));
  if (!make('P-256', point).equals(known)) return false;
  point[64] = (point[64] ?? 0) ^ 1;
  try {
    make('P-256', point);
    return false;
  } catch {
    return true;
  }
}
