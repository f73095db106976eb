import { randomBytes } from 'node:crypto';
import {
  type DoubleAlgorithm,
  type DoubleKey,
  makeKey,
  signDigest,
  spkiOf,
  wrongSignature,
} from './double-keys.js';
import { type DoubleAnswer, type DoubleOutcome, type DoubleRequest, startHttpDouble } from './http-double.js';
import type { KmsDouble, KmsDoubleOptions } from './kms-double.js';
import { type KmsCall, KmsFaults } from './kms-faults.js';

const region = 'eu-central-1';
const ownAccount = '000000000000';
const specs: Readonly<Record<string, DoubleAlgorithm>> = {
  ECC_NIST_P256: 'P-256',
  ECC_NIST_P384: 'P-384',
  RSA_2048: 'RSA-2048',
  RSA_3072: 'RSA-3072',
  RSA_4096: 'RSA-4096',
};
const states = { enabled: 'Enabled', disabled: 'Disabled', pending: 'PendingDeletion' } as const;
const dayMs = 86_400_000;

/** Another account's role, and who may assume it. */
export interface AwsDoubleRole {
  readonly arn: string;
  readonly externalId: string;
}

export interface AwsDouble extends KmsDouble {
  /** Roles that can be assumed; taking one away also ends the sessions that it began. */
  readonly roles: Map<string, AwsDoubleRole>;
  /** What the grants of a key let whom do. */
  grants(keyArn: string): readonly { readonly principal: string; readonly operations: readonly string[] }[];
}

interface Account {
  readonly id: string;
  readonly keys: Map<string, DoubleKey>;
  readonly aliases: Map<string, string>;
}

interface Grant {
  readonly principal: string;
  readonly operations: readonly string[];
  readonly name: string;
}

class AwsError extends Error {
  constructor(
    readonly type: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** AWS KMS (JSON 1.1) and STS's AssumeRole (query), without checking the signatures of requests. */
export async function startAwsDouble(options: KmsDoubleOptions = {}): Promise<AwsDouble> {
  const double = new AwsServer(new KmsFaults(options.quotas));
  const server = await startHttpDouble({ port: options.port, answer: (request) => double.answer(request) });
  const endpoint = `http://127.0.0.1:${server.port}`;
  const env = {
    STACKRUNNER_KMS: 'aws',
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: 'AKIADOUBLE',
    AWS_SECRET_ACCESS_KEY: 'double',
    AWS_ENDPOINT_URL_KMS: endpoint,
    AWS_ENDPOINT_URL_STS: endpoint,
  };
  const { faults, roles } = double;
  return { env, faults, roles, grants: (arn) => double.grants.get(arn) ?? [], close: server.close };
}

class AwsServer {
  readonly roles = new Map<string, AwsDoubleRole>();
  readonly grants = new Map<string, Grant[]>();
  readonly #accounts = new Map<string, Account>();
  /** Access key id to role. */
  readonly #sessions = new Map<string, string>();

  constructor(readonly faults: KmsFaults) {}

  async answer(request: DoubleRequest): Promise<DoubleOutcome> {
    const action = String(request.headers['x-amz-target'] ?? '').split('.')[1];
    if (!action) return this.#assumeRole(new URLSearchParams(request.body));
    const fault = await this.faults.strike(callOf(action));
    if (fault === 'drop' || fault === 'hang') return fault;
    try {
      if (fault === 'throttle') throw new AwsError('ThrottlingException', 'You have exceeded the rate.');
      if (fault === 'deny') throw new AwsError('AccessDeniedException', 'is not authorized to perform this.');
      if (fault === 'unavailable') throw new AwsError('KMSInternalException', 'Try again.', 500);
      const body = await this.#act(action, JSON.parse(request.body || '{}'), this.#accountOf(request), fault);
      return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.1' }, body };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return { status: error.status, body: { __type: error.type, message: error.message } };
    }
  }

  /** The account that the request's credentials are of. */
  #accountOf(request: DoubleRequest): Account {
    const [, keyId = ''] = /Credential=([^/]+)\//.exec(String(request.headers.authorization)) ?? [];
    const role = this.#sessions.get(keyId);
    if (role && !this.roles.has(role)) throw new AwsError('AccessDeniedException', `${role} is not trusted.`);
    const id = role?.split(':')[4] ?? ownAccount;
    const account = this.#accounts.get(id) ?? { id, keys: new Map(), aliases: new Map() };
    this.#accounts.set(id, account);
    return account;
  }

  #assumeRole(form: URLSearchParams): DoubleAnswer {
    const headers = { 'content-type': 'text/xml' };
    const role = this.roles.get(form.get('RoleArn') ?? '');
    if (!role || role.externalId !== form.get('ExternalId')) {
      const message = `is not authorized to perform: sts:AssumeRole on resource: ${form.get('RoleArn')}`;
      const error = `<Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${message}</Message></Error>`;
      return { status: 403, headers, body: `<ErrorResponse>${error}</ErrorResponse>` };
    }
    const id = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`;
    this.#sessions.set(id, role.arn);
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    const credentials = `<Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${expires}</Expiration></Credentials>`;
    const user = `<AssumedRoleUser><Arn>${role.arn}</Arn><AssumedRoleId>x:stackrunner</AssumedRoleId></AssumedRoleUser>`;
    const result = `<AssumeRoleResult>${credentials}${user}</AssumeRoleResult>`;
    const body = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${result}</AssumeRoleResponse>`;
    return { status: 200, headers, body };
  }

  async #act(action: string, body: AwsBody, account: Account, fault: string | undefined): Promise<object> {
    const { keys, aliases } = account;
    switch (action) {
      case 'CreateKey': {
        const algorithm = specs[body.KeySpec ?? ''];
        if (!algorithm) throw new AwsError('ValidationException', 'KeySpec');
        const key = await makeKey('', algorithm);
        key.labels = tags(body);
        keys.set(key.id, key);
        return { KeyMetadata: metadata(key, account) };
      }
      case 'CreateAlias': {
        const name = body.AliasName ?? '';
        if (aliases.has(name)) throw new AwsError('AlreadyExistsException', `Alias ${name} already exists`);
        aliases.set(name, keyOf(account, body.TargetKeyId).id);
        return {};
      }
      case 'ListKeys':
        return {
          Keys: [...keys.values()].map((key) => ({ KeyId: key.id, KeyArn: arnOf(key, account) })),
          Truncated: false,
        };
    }
    const key = keyOf(account, body.KeyId);
    switch (action) {
      case 'DescribeKey':
        return { KeyMetadata: metadata(key, account) };
      case 'ListResourceTags': {
        const list = Object.entries(key.labels).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));
        return { Tags: list, Truncated: false };
      }
      case 'TagResource':
        Object.assign(key.labels, tags(body));
        return {};
      case 'UntagResource':
        for (const tag of body.TagKeys ?? []) delete key.labels[tag];
        return {};
      case 'DisableKey':
      case 'EnableKey':
        refusePending(key);
        key.state = action === 'EnableKey' ? 'enabled' : 'disabled';
        return {};
      case 'ScheduleKeyDeletion':
        refusePending(key);
        key.state = 'pending';
        key.destroyAt = Date.now() + (body.PendingWindowInDays ?? 30) * dayMs;
        return { KeyId: arnOf(key, account), DeletionDate: key.destroyAt / 1_000 };
      case 'GetPublicKey': {
        refuseUnlessEnabled(key);
        const shown = fault === 'wrong_public_key' ? await makeKey('', key.algorithm) : key;
        return { KeyId: arnOf(key, account), PublicKey: spkiOf(shown).toString('base64') };
      }
      case 'Sign': {
        refuseUnlessEnabled(key);
        const digest = Buffer.from(body.Message ?? '', 'base64');
        const size = key.algorithm === 'P-384' ? 48 : 32;
        if (body.MessageType !== 'DIGEST' || digest.length !== size) {
          throw new AwsError('ValidationException', 'Digest is invalid length for algorithm.');
        }
        const signature = fault === 'wrong_signature' ? wrongSignature(key) : signDigest(key, digest);
        return { KeyId: arnOf(key, account), Signature: signature.toString('base64') };
      }
      case 'CreateGrant': {
        const arn = arnOf(key, account);
        const grants = this.grants.get(arn) ?? [];
        const { GranteePrincipal: principal = '', Operations: operations = [], Name: name = '' } = body;
        if (!grants.some((each) => each.name === name)) grants.push({ principal, operations, name });
        this.grants.set(arn, grants);
        return { GrantId: name, GrantToken: name };
      }
      default:
        throw new AwsError('UnknownOperationException', action);
    }
  }
}

interface AwsBody {
  readonly KeyId?: string;
  readonly KeySpec?: string;
  readonly AliasName?: string;
  readonly TargetKeyId?: string;
  readonly Tags?: readonly { readonly TagKey: string; readonly TagValue: string }[];
  readonly TagKeys?: readonly string[];
  readonly PendingWindowInDays?: number;
  readonly Message?: string;
  readonly MessageType?: string;
  readonly GranteePrincipal?: string;
  readonly Operations?: readonly string[];
  readonly Name?: string;
}

function callOf(action: string): KmsCall {
  const calls: Readonly<Record<string, KmsCall>> = {
    CreateKey: 'create',
    Sign: 'sign',
    GetPublicKey: 'public_key',
  };
  return calls[action] ?? 'other';
}

function tags({ Tags = [] }: AwsBody): Record<string, string> {
  return Object.fromEntries(Tags.map(({ TagKey, TagValue }) => [TagKey, TagValue]));
}

function arnOf(key: DoubleKey, { id }: Account): string {
  return `arn:aws:kms:${region}:${id}:key/${key.id}`;
}

function keyOf(account: Account, name = ''): DoubleKey {
  const id = account.aliases.get(name) ?? name.split('/').at(-1) ?? '';
  const key = account.keys.get(id);
  const due = key?.destroyAt !== undefined && key.destroyAt <= Date.now();
  // A key of another account is not found by who has no right to it.
  const foreign = name.startsWith('arn:') && name.split(':')[4] !== account.id;
  if (!key || due || foreign) throw new AwsError('NotFoundException', `Key '${name}' does not exist`);
  return key;
}

function refusePending(key: DoubleKey): void {
  if (key.state !== 'pending') return;
  throw new AwsError('KMSInvalidStateException', `arn:${key.id} is pending deletion.`);
}

function refuseUnlessEnabled(key: DoubleKey): void {
  refusePending(key);
  if (key.state === 'disabled') throw new AwsError('DisabledException', `arn:${key.id} is disabled.`);
}

function metadata(key: DoubleKey, account: Account): object {
  const [spec] = Object.entries(specs).find(([, algorithm]) => algorithm === key.algorithm) ?? [];
  return {
    Arn: arnOf(key, account),
    KeyId: key.id,
    CreationDate: key.createdAt / 1_000,
    KeySpec: spec,
    KeyState: states[key.state],
    KeyUsage: 'SIGN_VERIFY',
    KeyManager: 'CUSTOMER',
    Origin: 'AWS_KMS',
    ...(key.destroyAt !== undefined && { DeletionDate: key.destroyAt / 1_000 }),
  };
}
