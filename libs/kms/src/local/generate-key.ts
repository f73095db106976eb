import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { CaKeyAlgorithm } from '../signer.js';

const generate = promisify(generateKeyPair);

const modulusLength = { 'RSA-2048': 2048, 'RSA-3072': 3072, 'RSA-4096': 4096 } as const;

/** A fresh private key; made on a thread of the pool, because RSA-4096 takes seconds. */
export async function generatePrivateKey(algorithm: CaKeyAlgorithm): Promise<KeyObject> {
  switch (algorithm) {
    case 'P-256':
    case 'P-384':
      return (await generate('ec', { namedCurve: algorithm })).privateKey;
    case 'RSA-2048':
    case 'RSA-3072':
    case 'RSA-4096':
      return (await generate('rsa', { modulusLength: modulusLength[algorithm], publicExponent: 65_537 }))
        .privateKey;
  }
}
