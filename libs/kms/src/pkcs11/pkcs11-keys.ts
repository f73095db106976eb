import { randomBytes } from 'node:crypto';
import pkcs11 from 'pkcs11js';
import { carries } from '../key-labels.js';
import type { Pkcs11Settings } from '../kms-settings.js';
import { ecdsaDer } from '../remote/ecdsa-signature.js';
import type { DriverKey, KeyWish } from '../remote/kms-driver.js';
import { type CaKeyAlgorithm, destructionDelayMs, type KeyAttestation, type KeyLabels } from '../signer.js';
import { signerFailure } from '../signer-failure.js';
import { application, type KeyRecord, parseKeyRecord, serializeKeyRecord } from './pkcs11-key-record.js';
import { curves, spkiOf } from './pkcs11-public-key.js';
import { Pkcs11Token } from './pkcs11-token.js';

/** The largest signature is RSA-4096's. */
const signatureOctets = 512;
const objectsAtOnce = 100;
/** Milliseconds after which a key is looked for again: what another process has changed is seen then at the latest. */
const signingKeyMs = 250;
/** Handles that are remembered. */
const mostSigningKeys = 1_000;

/**
 * Keys in a PKCS#11 token (PKCS#11 v2.40): made there, sensitive and never extractable. A disabled key has CKA_SIGN
 * false, which the token enforces for every client. Every call holds its thread up until the token has answered.
 */
export class Pkcs11Keys {
  /** Handles of private keys, and until when (performance.now) they are believed. */
  readonly #signingKeys = new Map<string, { readonly handle: Buffer; readonly until: number }>();

  private constructor(
    private readonly token: Pkcs11Token,
    private readonly now: () => number,
  ) {}

  /** @throws signer_unavailable `not_configured`, `unreachable`, `permission_denied` */
  static open(settings: Pkcs11Settings, now: () => number): Pkcs11Keys {
    return new Pkcs11Keys(Pkcs11Token.open(settings), now);
  }

  create({ name, algorithm, labels }: KeyWish): string {
    return this.token.use((session) => {
      const known = this.#records(session).find((record) => record.name === name);
      const record = known ?? {
        revision: 1,
        id: randomBytes(16).toString('hex'),
        name,
        algorithm,
        labels,
        createdAt: this.now(),
      };
      if (!known) this.#writeRecord(session, record);
      // A record without a key is what a process left that died in between: its key is made now.
      if (!this.#find(session, pkcs11.CKO_PRIVATE_KEY, record.id)) this.#generate(session, record);
      return record.id;
    });
  }

  describe(resource: string): DriverKey {
    return this.token.use((session) => this.#description(session, this.#record(session, resource)));
  }

  publicKey(resource: string): Uint8Array {
    return this.token.use((session) => {
      const { algorithm } = this.#record(session, resource);
      const key = this.#present(session, pkcs11.CKO_PUBLIC_KEY, resource);
      return spkiOf(this.token.library, session, key, algorithm);
    });
  }

  /** @param input the digest for ECDSA, the message for RSA */
  sign(resource: string, algorithm: CaKeyAlgorithm, input: Uint8Array): Uint8Array {
    const { library } = this.token;
    return this.token.use((session) => {
      const elliptic = algorithm in curves;
      const mechanism = elliptic ? pkcs11.CKM_ECDSA : pkcs11.CKM_SHA256_RSA_PKCS;
      try {
        library.C_SignInit(session, { mechanism }, this.#signingKey(session, resource));
      } catch (error) {
        this.#signingKeys.delete(resource);
        if (this.#record(session, resource).destroyAt === undefined) throw error;
        throw signerFailure(
          'key_pending_destruction',
          `Key ${resource} is scheduled for destruction.`,
          error,
        );
      }
      const signature = library.C_Sign(session, Buffer.from(input), Buffer.alloc(signatureOctets));
      return elliptic ? ecdsaDer(signature) : Uint8Array.from(signature);
    });
  }

  disable(resource: string): void {
    this.#allow(resource, false);
  }

  enable(resource: string): void {
    this.#allow(resource, true);
  }

  list(labels: KeyLabels): DriverKey[] {
    return this.token.use((session) =>
      this.#records(session)
        .filter((record) => carries(record.labels, labels))
        .filter((record) => this.#find(session, pkcs11.CKO_PRIVATE_KEY, record.id))
        .map((record) => this.#description(session, record)),
    );
  }

  scheduleDestruction(resource: string): void {
    this.#allow(resource, false);
    this.#rewrite(resource, { destroyAt: this.now() + destructionDelayMs });
  }

  adopt(resource: string, name: string, labels: KeyLabels): void {
    const { library } = this.token;
    this.#rewrite(resource, { name, labels });
    this.token.use((session) => {
      for (const kind of [pkcs11.CKO_PRIVATE_KEY, pkcs11.CKO_PUBLIC_KEY]) {
        const key = this.#present(session, kind, resource);
        library.C_SetAttributeValue(session, key, [{ type: pkcs11.CKA_LABEL, value: name }]);
      }
    });
  }

  attestation(resource: string): KeyAttestation {
    return this.token.use((session) => {
      const key = this.#present(session, pkcs11.CKO_PRIVATE_KEY, resource);
      const flag = (type: number) => this.#attribute(session, key, type)?.[0] === 1;
      const mechanism = this.#attribute(session, key, pkcs11.CKA_KEY_GEN_MECHANISM);
      const { manufacturerID, model, serialNumber, firmwareVersion } = this.token.info;
      return {
        attributes: {
          CKA_LOCAL: String(flag(pkcs11.CKA_LOCAL)),
          CKA_SENSITIVE: String(flag(pkcs11.CKA_SENSITIVE)),
          CKA_ALWAYS_SENSITIVE: String(flag(pkcs11.CKA_ALWAYS_SENSITIVE)),
          CKA_EXTRACTABLE: String(flag(pkcs11.CKA_EXTRACTABLE)),
          CKA_NEVER_EXTRACTABLE: String(flag(pkcs11.CKA_NEVER_EXTRACTABLE)),
          ...(mechanism && {
            CKA_KEY_GEN_MECHANISM: `0x${Buffer.from(mechanism).reverse().toString('hex')}`,
          }),
          manufacturer: manufacturerID.trim(),
          model: model.trim(),
          serial_number: serialNumber.trim(),
          firmware: `${firmwareVersion.major}.${firmwareVersion.minor}`,
        },
      };
    });
  }

  /** @param last whether nobody uses the module in this process any more */
  close(last: boolean): void {
    this.token.close(last);
  }

  #generate(session: Buffer, { id, name, algorithm }: KeyRecord): void {
    const shared = [
      { type: pkcs11.CKA_TOKEN, value: true },
      { type: pkcs11.CKA_ID, value: Buffer.from(id, 'hex') },
      { type: pkcs11.CKA_LABEL, value: name },
    ];
    const privateTemplate = [
      ...shared,
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
      { type: pkcs11.CKA_PRIVATE, value: true },
      { type: pkcs11.CKA_SENSITIVE, value: true },
      { type: pkcs11.CKA_EXTRACTABLE, value: false },
      { type: pkcs11.CKA_SIGN, value: true },
    ];
    const publicTemplate = [
      ...shared,
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
      { type: pkcs11.CKA_VERIFY, value: true },
      ...kindOf(algorithm),
    ];
    const mechanism = algorithm in curves ? pkcs11.CKM_EC_KEY_PAIR_GEN : pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN;
    this.token.library.C_GenerateKeyPair(session, { mechanism }, publicTemplate, privateTemplate);
  }

  #allow(resource: string, sign: boolean): void {
    this.token.use((session) => {
      const key = this.#present(session, pkcs11.CKO_PRIVATE_KEY, resource);
      this.token.library.C_SetAttributeValue(session, key, [{ type: pkcs11.CKA_SIGN, value: sign }]);
    });
  }

  #rewrite(resource: string, change: Partial<KeyRecord>): void {
    this.token.use((session) => {
      const record = this.#record(session, resource);
      const old = this.#present(session, pkcs11.CKO_DATA, resource);
      this.#writeRecord(session, { ...record, ...change, revision: record.revision + 1 });
      this.token.library.C_DestroyObject(session, old);
    });
  }

  #description(session: Buffer, { id, ...record }: KeyRecord): DriverKey {
    const { name, algorithm, labels, createdAt, destroyAt } = record;
    const key = this.#present(session, pkcs11.CKO_PRIVATE_KEY, id);
    const signs = this.#attribute(session, key, pkcs11.CKA_SIGN)?.[0] === 1;
    const state = destroyAt !== undefined ? 'pending_destruction' : signs ? 'enabled' : 'disabled';
    return {
      resource: id,
      name,
      algorithm,
      labels,
      state,
      createdAt,
      ...(destroyAt !== undefined && { destroyAt }),
    };
  }

  /** @throws signer_unavailable `key_not_found` */
  #record(session: Buffer, id: string): KeyRecord {
    const record = this.#records(session, id)[0];
    if (record) return record;
    throw signerFailure('key_not_found', `The token has no key ${id}.`);
  }

  /** All records, or one key's; keys whose time has come are destroyed here. */
  #records(session: Buffer, id?: string): KeyRecord[] {
    const found = this.#objects(session, [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_DATA },
      { type: pkcs11.CKA_APPLICATION, value: application },
      ...(id === undefined ? [] : [{ type: pkcs11.CKA_OBJECT_ID, value: Buffer.from(id, 'hex') }]),
    ]);
    const newest = new Map<string, KeyRecord>();
    for (const object of found) {
      const value = this.#attribute(session, object, pkcs11.CKA_VALUE);
      const record = value && parseKeyRecord(value);
      if (record && record.revision > (newest.get(record.id)?.revision ?? 0)) newest.set(record.id, record);
    }
    return [...newest.values()].filter((record) => {
      const due = record.destroyAt !== undefined && record.destroyAt <= this.now();
      if (due) this.#destroy(session, record.id);
      return !due;
    });
  }

  #destroy(session: Buffer, id: string): void {
    const { library } = this.token;
    // The record last: while it is there, whoever reads it goes on.
    for (const kind of [pkcs11.CKO_PRIVATE_KEY, pkcs11.CKO_PUBLIC_KEY, pkcs11.CKO_DATA]) {
      for (let object = this.#find(session, kind, id); object; object = this.#find(session, kind, id)) {
        library.C_DestroyObject(session, object);
      }
    }
  }

  #writeRecord(session: Buffer, record: KeyRecord): void {
    this.token.library.C_CreateObject(session, [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_DATA },
      { type: pkcs11.CKA_TOKEN, value: true },
      { type: pkcs11.CKA_PRIVATE, value: true },
      { type: pkcs11.CKA_MODIFIABLE, value: true },
      { type: pkcs11.CKA_APPLICATION, value: application },
      { type: pkcs11.CKA_LABEL, value: record.name },
      { type: pkcs11.CKA_OBJECT_ID, value: Buffer.from(record.id, 'hex') },
      { type: pkcs11.CKA_VALUE, value: serializeKeyRecord(record) },
    ]);
  }

  /** A token object has one handle in all sessions of a process; to look for it takes longer than a signature. */
  #signingKey(session: Buffer, id: string): Buffer {
    const now = performance.now();
    const known = this.#signingKeys.get(id);
    if (known !== undefined && known.until > now) return known.handle;
    const handle = this.#present(session, pkcs11.CKO_PRIVATE_KEY, id);
    if (this.#signingKeys.size >= mostSigningKeys) this.#signingKeys.clear();
    this.#signingKeys.set(id, { handle, until: now + signingKeyMs });
    return handle;
  }

  #present(session: Buffer, kind: number, id: string): Buffer {
    const object = this.#find(session, kind, id);
    if (object) return object;
    throw signerFailure('key_not_found', `The token has no key ${id}.`);
  }

  #find(session: Buffer, kind: number, id: string): Buffer | undefined {
    const name = kind === pkcs11.CKO_DATA ? pkcs11.CKA_OBJECT_ID : pkcs11.CKA_ID;
    return this.#objects(session, [
      { type: pkcs11.CKA_CLASS, value: kind },
      { type: name, value: Buffer.from(id, 'hex') },
    ])[0];
  }

  #objects(session: Buffer, template: pkcs11.Template): Buffer[] {
    const { library } = this.token;
    library.C_FindObjectsInit(session, template);
    try {
      const found: Buffer[] = [];
      for (;;) {
        const page = library.C_FindObjects(session, objectsAtOnce);
        found.push(...page);
        if (page.length < objectsAtOnce) return found;
      }
    } finally {
      library.C_FindObjectsFinal(session);
    }
  }

  #attribute(session: Buffer, object: Buffer, type: number): Buffer | undefined {
    return this.token.library.C_GetAttributeValue(session, object, [{ type }])[0]?.value;
  }
}

function kindOf(algorithm: CaKeyAlgorithm): pkcs11.Template {
  if (algorithm === 'P-256' || algorithm === 'P-384') {
    return [{ type: pkcs11.CKA_EC_PARAMS, value: curves[algorithm] }];
  }
  return [
    { type: pkcs11.CKA_MODULUS_BITS, value: Number(algorithm.slice('RSA-'.length)) },
    { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
  ];
}
