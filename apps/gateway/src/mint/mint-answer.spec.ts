import { create } from '@bufbuild/protobuf';
import { MintResponseSchema } from '#libs/contracts';
import { writeMintAnswer } from './mint-answer.js';

const certificate = (octet: number, serial = '0a0b') => ({
  der: Buffer.alloc(100, octet),
  serial: Buffer.from(serial, 'hex'),
  fingerprint: Buffer.alloc(32, octet),
  notBefore: 1_780_000_000n,
  notAfter: 1_780_003_660n,
});
const pem = (der: Uint8Array) => {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
};

describe('the answer of a mint', () => {
  it('is JSON with whole PEM lines, in order', () => {
    const chain = [Buffer.alloc(48, 1), Buffer.alloc(49, 2)];
    const certificates = [certificate(7), certificate(8, '00ff')];
    const minted = create(MintResponseSchema, { certificates, chain, batchNumber: 42n });
    const text = writeMintAnswer('acme', minted);
    expect(text).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(text)).toEqual({
      version: 'v1',
      certs: [
        {
          cert_pem: pem(Buffer.alloc(100, 7)),
          serial: '0a0b',
          fingerprint: '07'.repeat(32),
          issued_at: '2026-05-28T20:26:40Z',
          expires_at: '2026-05-28T21:27:40Z',
        },
        expect.objectContaining({ cert_pem: pem(Buffer.alloc(100, 8)), serial: 'ff' }),
      ],
      chain: chain.map(pem).join(''),
      batch_id: 'acme-#42',
    });
  });

  it('keeps the chains of customers apart, however alike they are', () => {
    const chainOf = (first: number) => {
      // The same last octets, and so the same place in the cache.
      const chain = [Buffer.concat([Buffer.alloc(20, first), Buffer.alloc(16, 9)]), Buffer.alloc(10, 3)];
      const minted = create(MintResponseSchema, { certificates: [certificate(1)], chain });
      expect(JSON.parse(writeMintAnswer('acme', minted)).chain).toBe(chain.map(pem).join(''));
    };
    for (const first of [1, 2, 1, 1, 2]) chainOf(first);
  });

  it('does not keep hold of the message that a chain came in', () => {
    const message = Buffer.alloc(64, 5);
    const minted = () =>
      create(MintResponseSchema, {
        certificates: [],
        chain: [message.subarray(0, 32), message.subarray(32)],
      });
    const before = writeMintAnswer('acme', minted());
    message.fill(6, 0, 8);
    expect(writeMintAnswer('acme', minted())).not.toBe(before);
  });
});
