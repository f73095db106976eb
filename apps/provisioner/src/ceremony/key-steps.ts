import { DomainError } from '#libs/errors';
import { formatKeyRef, type KeyAttestation, type KeyRef, type KeyState, parseKeyRef } from '#libs/kms';
import { sha256Hex } from '#libs/x509';
import type { AuthorityKind } from '../authority/authority.entity.js';
import type { CustomerRow } from '../customer/customer.entity.js';
import type { StepFacts } from './ceremony.entity.js';
import {
  type CeremonyParts,
  keysOf,
  present,
  type Step,
  type StepContext,
  type StepOutcome,
} from './ceremony-parts.js';

/** Whose key it is: of the shared CA, keys and certificates have names of their own. */
type KeyHolder = Pick<CustomerRow, 'handle' | 'tier'>;

/**
 * The name of a CA's key: `dev-acme-root`, `dev-acme-intermediate`, and `dev-acme-intermediate-g2` after a rotation;
 * of the CA that Free customers share `root-free` and `intermediate-free`.
 */
export function keyName({ handle, tier }: KeyHolder, kind: AuthorityKind, generation: number): string {
  const name = tier === 'shared' ? sharedCaName(kind) : `dev-${handle}-${kind}`;
  return `${name}${generation === 1 ? '' : `-g${generation}`}`;
}

/** What the shared CA's keys and certificates are called. */
export function sharedCaName(kind: AuthorityKind): string {
  return `${kind}-free`;
}

/** The steps that make keys and switch them on and off. Asking again changes nothing. */
export class KeySteps {
  constructor(private readonly parts: CeremonyParts) {}

  readonly rootKey: Step = (context) => this.#createKey('root', context);
  readonly intermediateKey: Step = (context) => this.#createKey('intermediate', context);

  /** For one signature: what follows disables it again. */
  readonly enableRoot: Step = async ({ root }) => {
    const { keyRef } = present(root);
    await this.parts.signer.enable(parseKeyRef(keyRef));
    return { facts: await this.#checked(keyRef, 'enabled') };
  };

  readonly disableRoot: Step = async ({ root }) => {
    const { keyRef } = present(root);
    await this.parts.signer.disable(parseKeyRef(keyRef));
    return { facts: await this.#checked(keyRef, 'disabled') };
  };

  /** The key of the intermediate that the ceremony's generation took over from signs nothing any more. */
  readonly retire: Step = async ({ ceremony: { customerId, generation } }) => {
    const { scope, artifacts, authorities, signer } = this.parts;
    const retired = await scope.run(customerId, async (manager) => {
      const artifact = await artifacts.before(manager, customerId, generation);
      const name = { customerId, kind: 'intermediate', generation: artifact?.generation ?? 0 } as const;
      return authorities.find(manager, name);
    });
    if (!retired) return { facts: { outcome: 'there was no intermediate before' } };
    const about = { retired_generation: String(retired.generation), key_ref: retired.keyRef };
    // A key that the customer brought may have other uses.
    if (isBrought(retired)) return { facts: { ...about, outcome: 'left as it is: not a key of ours' } };
    await signer.disable(parseKeyRef(retired.keyRef));
    return { facts: { ...about, ...(await this.#checked(retired.keyRef, 'disabled')) } };
  };

  async #createKey(kind: AuthorityKind, context: StepContext): Promise<StepOutcome> {
    const { signer, authorities, clock } = this.parts;
    const { customer, ceremony } = context;
    const { generation } = ceremony;
    const algorithm = kind === 'root' ? customer.rootAlgorithm : customer.intermediateAlgorithm;
    const { key, adopted } = await this.#key(kind, context);
    const keyRef = formatKeyRef(key);
    const [publicKey, attested, allowed] = await Promise.all([
      signer.publicKey(key),
      signer.attestation(key),
      signer.allowSigning(key, kind === 'root' ? 'provisioner' : 'issuer'),
      adopted,
    ]);
    const attestation = attested.statement ? Buffer.from(attested.statement.content) : null;
    const createdAt = new Date(clock.now());
    const authority = authorities.prepare({
      customerId: customer.id,
      kind,
      generation,
      keyRef,
      algorithm,
      attestation,
      createdAt,
    });
    return {
      facts: {
        key_name: keyName(customer, kind, generation),
        key_ref: keyRef,
        algorithm,
        public_key_sha256: sha256Hex(publicKey),
        ...attestationFacts(attested),
        ...(allowed !== undefined && { allowed_to_sign: allowed }),
      },
      changes: { [kind]: authority, publicKey },
      commit: (manager) => authorities.add(manager, authority),
    };
  }

  /** A key that was made ahead, where there is one; otherwise one made now, or found again by its name. */
  async #key(
    kind: AuthorityKind,
    { customer, ceremony: { generation } }: StepContext,
  ): Promise<{ readonly key: KeyRef; readonly adopted?: Promise<void> }> {
    const { keyPool, signer } = this.parts;
    const { id: customerId, handle, keyHome } = customer;
    const algorithm = kind === 'root' ? customer.rootAlgorithm : customer.intermediateAlgorithm;
    const name = keyName(customer, kind, generation);
    const labels = await keyPool.labels({ customer: customerId, handle, purpose: kind, generation });
    const pooled =
      keyHome === null && (await keyPool.take({ customerId, kind, generation }, { name, algorithm }));
    if (!pooled) return { key: await keysOf(signer, customer).createKey(name, algorithm, labels) };
    return { key: pooled, adopted: signer.adopt(pooled, name, labels) };
  }

  async #checked(keyRef: string, wanted: KeyState): Promise<StepFacts> {
    const { state } = await this.parts.signer.describe(parseKeyRef(keyRef));
    if (state === wanted) return { key_ref: keyRef, state };
    throw new DomainError('signer_unavailable', `The key ${keyRef} is ${state}; it should be ${wanted}.`);
  }
}

/** Whether an intermediate came with a key of its own, which no request of ours has made. */
function isBrought(authority: { issuerCertificate: Buffer | null; request: Buffer | null }): boolean {
  return authority.issuerCertificate !== null && authority.request === null;
}

function attestationFacts({ attributes, statement }: KeyAttestation): StepFacts {
  const named = Object.entries(attributes).map(([name, value]) => [`attested_${name}`, value]);
  return {
    ...Object.fromEntries(named),
    ...(statement && {
      attestation_format: statement.format,
      attestation_sha256: sha256Hex(statement.content),
    }),
  };
}
