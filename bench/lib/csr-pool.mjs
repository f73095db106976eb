// A pool of distinct P-256 certificate requests, so that no cache of keys flatters a result.
import { generateKeyPairSync, sign } from 'node:crypto';

const der = (tag, ...parts) => {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? Buffer.from([body.length])
      : body.length < 256
        ? Buffer.from([0x81, body.length])
        : Buffer.from([0x82, body.length >> 8, body.length & 255]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
};
const oid = (hex) => der(0x06, Buffer.from(hex, 'hex'));
const ecdsaWithSha256 = der(0x30, oid('2a8648ce3d040302'));

/** One PKCS#10 request in PEM with `names` as dNSNames. */
export function csrPem(...names) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const subject = der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(names[0])))));
  const san = der(0x30, ...names.map((name) => der(0x82, Buffer.from(name))));
  const extension = der(0x30, oid('551d11'), der(0x04, san));
  const attribute = der(0x30, oid('2a864886f70d01090e'), der(0x31, der(0x30, extension)));
  const info = der(
    0x30,
    Buffer.from([0x02, 0x01, 0x00]),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa0, attribute),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', info, privateKey));
  const text = der(0x30, info, ecdsaWithSha256, signature)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE REQUEST-----\n${text}-----END CERTIFICATE REQUEST-----\n`;
}

/** `count` distinct requests. */
export function csrPool(count) {
  return Array.from({ length: count }, (_, i) => csrPem(`app-${i}.bench.internal`));
}
