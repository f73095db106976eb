import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GetPublicKeyCommand,
  type KeyMetadata,
  type KeySpec,
  KMSClient,
  ListKeysCommand,
  ListResourceTagsCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  type SigningAlgorithmSpec,
  type Tag,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-kms';
import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import type { KeyHome } from '../key-home.js';
import { carries } from '../key-labels.js';
import type { KmsSettings } from '../kms-settings.js';
import { inParallel } from '../remote/in-parallel.js';
import type { DriverFailure, DriverKey, KeyWish, KmsDriver, SigningWork } from '../remote/kms-driver.js';
import type { CaKeyAlgorithm, KeyAttestation, KeyLabels, KeyState, SigningService } from '../signer.js';
import { signerFailure } from '../signer-failure.js';
import { awsFailure, isAws } from './aws-errors.js';

const specs: Readonly<Record<CaKeyAlgorithm, KeySpec>> = {
  'P-256': 'ECC_NIST_P256',
  'P-384': 'ECC_NIST_P384',
  'RSA-2048': 'RSA_2048',
  'RSA-3072': 'RSA_3072',
  'RSA-4096': 'RSA_4096',
};
const signing: Readonly<Record<CaKeyAlgorithm, SigningAlgorithmSpec>> = {
  'P-256': 'ECDSA_SHA_256',
  'P-384': 'ECDSA_SHA_384',
  'RSA-2048': 'RSASSA_PKCS1_V1_5_SHA_256',
  'RSA-3072': 'RSASSA_PKCS1_V1_5_SHA_256',
  'RSA-4096': 'RSASSA_PKCS1_V1_5_SHA_256',
};
/** Labels and the name are tags under this prefix; a key without the name is not ours. */
const prefix = 'stackrunner:';
const nameTag = `${prefix}name`;
const destructionDays = 30;
/** The least that AWS allows, for a key that lost the race for its name. */
const strayDays = 7;
const lookupsAtOnce = 8;

/**
 * AWS KMS. A key is found by its alias, which is unique in an account and region; name and labels are tags as well,
 * set by the very call that makes the key, so that none is ever without.
 */
export class AwsDriver implements KmsDriver {
  readonly backend = 'aws';
  readonly adopts = true;
  readonly #client: KMSClient;

  constructor(
    { region, access }: KeyHome,
    private readonly identities: KmsSettings['identities'] = {},
  ) {
    const { role, externalId } = access ?? {};
    this.#client = new KMSClient({
      ...(region !== undefined && { region }),
      ...(role !== undefined && {
        credentials: fromTemporaryCredentials({
          params: {
            RoleArn: role,
            RoleSessionName: 'stackrunner',
            ...(externalId !== undefined && { ExternalId: externalId }),
          },
          ...(region !== undefined && { clientConfig: { region } }),
        }),
      }),
      // Retries are the signer's, so that it counts them and keeps to the caller's deadline.
      maxAttempts: 1,
      requestHandler: { connectionTimeout: 5_000, httpsAgent: { keepAlive: true, maxSockets: 256 } },
    });
  }

  async create({ name, algorithm, labels }: KeyWish, abortSignal: AbortSignal): Promise<string> {
    const alias = `alias/${name}`;
    const existing = await this.#arnOf(alias, abortSignal);
    if (existing) return existing;
    const { KeyMetadata: made } = await this.#client.send(
      new CreateKeyCommand({
        KeySpec: specs[algorithm],
        KeyUsage: 'SIGN_VERIFY',
        Description: `Stackrunner ${name}`,
        Tags: tagsOf(name, labels),
      }),
      { abortSignal },
    );
    const arn = arnIn(made);
    try {
      await this.#client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: arn }), {
        abortSignal,
      });
      return arn;
    } catch (error) {
      if (!isAws(error, 'AlreadyExistsException')) throw error;
      // Another process was first: its key has the name, and this one goes.
      const stray = new ScheduleKeyDeletionCommand({ KeyId: arn, PendingWindowInDays: strayDays });
      await this.#client.send(stray, { abortSignal });
      const winner = await this.#arnOf(alias, abortSignal);
      if (!winner) throw error;
      return winner;
    }
  }

  async describe(resource: string, abortSignal: AbortSignal): Promise<DriverKey> {
    await this.#checkRegion(resource);
    const [metadata, tags] = await Promise.all([
      this.#metadata(resource, abortSignal),
      this.#tags(resource, abortSignal),
    ]);
    return description(metadata, tags);
  }

  async publicKey(resource: string, abortSignal: AbortSignal): Promise<Uint8Array> {
    await this.#checkRegion(resource);
    const { PublicKey: spki } = await this.#client.send(new GetPublicKeyCommand({ KeyId: resource }), {
      abortSignal,
    });
    return spki ?? new Uint8Array(0);
  }

  async sign(
    resource: string,
    { algorithm, digest }: SigningWork,
    abortSignal: AbortSignal,
  ): Promise<Uint8Array> {
    const { Signature: signature } = await this.#client.send(
      new SignCommand({
        KeyId: resource,
        Message: digest,
        // RAW messages may not be longer than 4,096 octets.
        MessageType: 'DIGEST',
        SigningAlgorithm: signing[algorithm],
      }),
      { abortSignal },
    );
    return signature ?? new Uint8Array(0);
  }

  async disable(resource: string, abortSignal: AbortSignal): Promise<void> {
    await this.#client.send(new DisableKeyCommand({ KeyId: resource }), { abortSignal });
  }

  async enable(resource: string, abortSignal: AbortSignal): Promise<void> {
    await this.#client.send(new EnableKeyCommand({ KeyId: resource }), { abortSignal });
  }

  async list(labels: KeyLabels, signal: AbortSignal): Promise<DriverKey[]> {
    const arns: string[] = [];
    for (let marker: string | undefined; ; ) {
      const page = await this.#client.send(new ListKeysCommand({ Limit: 1_000, Marker: marker }), {
        abortSignal: signal,
      });
      arns.push(...(page.Keys ?? []).flatMap(({ KeyArn }) => (KeyArn ? [KeyArn] : [])));
      if (!page.Truncated || !page.NextMarker) break;
      marker = page.NextMarker;
    }
    const found = await inParallel(arns, lookupsAtOnce, async (arn) => {
      const tags = await this.#tags(arn, signal).catch((error: unknown): Record<string, string> => {
        // An account has keys of others, whose tags are not for us to read.
        if (isAws(error, 'AccessDeniedException') || isAws(error, 'NotFoundException')) return {};
        throw error;
      });
      if (tags[nameTag] === undefined || !carries(labelsIn(tags), labels)) return undefined;
      const { KeyMetadata: metadata } = await this.#client.send(new DescribeKeyCommand({ KeyId: arn }), {
        abortSignal: signal,
      });
      return metadata && description(metadata, tags);
    });
    return found.filter((key) => key !== undefined);
  }

  async scheduleDestruction(resource: string, abortSignal: AbortSignal): Promise<void> {
    const doom = new ScheduleKeyDeletionCommand({ KeyId: resource, PendingWindowInDays: destructionDays });
    await this.#client.send(doom, { abortSignal });
  }

  async adopt(resource: string, name: string, labels: KeyLabels, abortSignal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#relabel(resource, tagsOf(name, labels), abortSignal),
      this.#rename(resource, name, abortSignal),
    ]);
  }

  /** Tags that the key has from before and no more are the last to go: until then it is listed as what it was. */
  async #relabel(resource: string, tags: Tag[], abortSignal: AbortSignal): Promise<void> {
    const kept = new Set(tags.map(({ TagKey }) => TagKey));
    const [before] = await Promise.all([
      this.#tags(resource, abortSignal),
      this.#client.send(new TagResourceCommand({ KeyId: resource, Tags: tags }), { abortSignal }),
    ]);
    const old = Object.keys(before).filter((tag) => tag.startsWith(prefix) && !kept.has(tag));
    if (old.length === 0) return;
    await this.#client.send(new UntagResourceCommand({ KeyId: resource, TagKeys: old }), { abortSignal });
  }

  async #rename(resource: string, name: string, abortSignal: AbortSignal): Promise<void> {
    const alias = `alias/${name}`;
    try {
      const wish = new CreateAliasCommand({ AliasName: alias, TargetKeyId: resource });
      await this.#client.send(wish, { abortSignal });
    } catch (error) {
      if (!isAws(error, 'AlreadyExistsException')) throw error;
      if ((await this.#arnOf(alias, abortSignal)) === resource) return;
      throw signerFailure('key_conflict', `Another key is named ${name}.`, error);
    }
  }

  async allowSigning(
    resource: string,
    service: SigningService,
    abortSignal: AbortSignal,
  ): Promise<string | undefined> {
    const principal = this.identities?.[service];
    if (!principal) return undefined;
    // A grant of the same name and content is the same grant.
    const grant = new CreateGrantCommand({
      KeyId: resource,
      GranteePrincipal: principal,
      Operations: ['Sign', 'GetPublicKey', 'DescribeKey'],
      Name: `stackrunner-${service}`,
    });
    await this.#client.send(grant, { abortSignal });
    return principal;
  }

  async attestation(resource: string, abortSignal: AbortSignal): Promise<KeyAttestation> {
    const metadata = await this.#metadata(resource, abortSignal);
    const { Origin, KeyManager, KeySpec: spec, CustomKeyStoreId, CloudHsmClusterId, MultiRegion } = metadata;
    const facts = { Origin, KeyManager, KeySpec: spec, CustomKeyStoreId, CloudHsmClusterId, MultiRegion };
    const known = Object.entries(facts).filter(([, value]) => value !== undefined);
    return { attributes: Object.fromEntries(known.map(([name, value]) => [name, String(value)])) };
  }

  failureOf(error: unknown): DriverFailure {
    return awsFailure(error);
  }

  async close(): Promise<void> {
    this.#client.destroy();
  }

  async #metadata(resource: string, abortSignal: AbortSignal): Promise<KeyMetadata> {
    const wish = new DescribeKeyCommand({ KeyId: resource });
    const { KeyMetadata: metadata } = await this.#client.send(wish, { abortSignal });
    if (metadata) return metadata;
    throw signerFailure('key_not_found', `AWS KMS describes ${resource} with nothing.`);
  }

  async #arnOf(keyId: string, abortSignal: AbortSignal): Promise<string | undefined> {
    try {
      const found = await this.#client.send(new DescribeKeyCommand({ KeyId: keyId }), { abortSignal });
      return arnIn(found.KeyMetadata);
    } catch (error) {
      if (isAws(error, 'NotFoundException')) return undefined;
      throw error;
    }
  }

  async #tags(keyId: string, abortSignal: AbortSignal): Promise<Record<string, string>> {
    const tags: Tag[] = [];
    for (let marker: string | undefined; ; ) {
      const page = await this.#client.send(new ListResourceTagsCommand({ KeyId: keyId, Marker: marker }), {
        abortSignal,
      });
      tags.push(...(page.Tags ?? []));
      if (!page.Truncated || !page.NextMarker) break;
      marker = page.NextMarker;
    }
    return Object.fromEntries(tags.map(({ TagKey, TagValue }) => [TagKey ?? '', TagValue ?? '']));
  }

  /** AWS answers a key of another region with "not found", which would look as if it were lost. */
  async #checkRegion(arn: string): Promise<void> {
    const region = await this.#client.config.region();
    const there = arn.split(':')[3];
    if (!there || there === region) return;
    throw signerFailure('wrong_region', `The key ${arn} is not in ${region}.`);
  }
}

function tagsOf(name: string, labels: KeyLabels): Tag[] {
  const tags = Object.entries(labels).map(([label, value]) => ({ TagKey: prefix + label, TagValue: value }));
  return [{ TagKey: nameTag, TagValue: name }, ...tags];
}

function labelsIn(tags: Readonly<Record<string, string>>): KeyLabels {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([tag, value]) =>
      tag.startsWith(prefix) && tag !== nameTag ? [[tag.slice(prefix.length), value]] : [],
    ),
  );
}

function arnIn(metadata: KeyMetadata | undefined): string {
  if (metadata?.Arn) return metadata.Arn;
  throw signerFailure('unreachable', 'AWS KMS told of a key without its ARN.');
}

function description(metadata: KeyMetadata, tags: Readonly<Record<string, string>>): DriverKey {
  const { KeySpec: spec, KeyState: state, CreationDate: created, DeletionDate: deletion } = metadata;
  const [algorithm] = Object.entries(specs).find(([, each]) => each === spec) ?? [];
  if (!algorithm) throw signerFailure('key_mismatch', `The key ${metadata.Arn} cannot be a CA's.`);
  return {
    resource: arnIn(metadata),
    name: tags[nameTag] ?? '',
    algorithm: algorithm as CaKeyAlgorithm,
    labels: labelsIn(tags),
    state: stateOf(state),
    createdAt: created?.getTime() ?? 0,
    ...(deletion && { destroyAt: deletion.getTime() }),
  };
}

function stateOf(state: string | undefined): KeyState {
  if (state === 'Enabled') return 'enabled';
  // A key whose custom key store is away signs nothing, as a disabled one.
  return state === 'PendingDeletion' || state === 'PendingReplicaDeletion'
    ? 'pending_destruction'
    : 'disabled';
}
