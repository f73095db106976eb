import type { ErrorCode } from '#libs/errors';
import type { CustomerTier, PrincipalKind } from '../auth/principal.js';
import type { JsonSchema } from '../problem/body-validator.js';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly schema: JsonSchema;
}

export interface Answer {
  readonly status: 200 | 201 | 303;
  readonly description: string;
  /** Media type to schema; a file has none. */
  readonly content: Readonly<Record<string, JsonSchema>>;
  /** Header to what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One route as `/openapi.json` describes it; the room that serves it writes it. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With parameters in braces: `/{handle}/mint`. */
  readonly path: string;
  readonly id: string;
  readonly tag: 'mint' | 'revocation' | 'pki' | 'account' | 'operator' | 'service';
  readonly summary: string;
  readonly description?: string;
  /** Who may use it: any one of these; everybody uses a public route. The gateway asks this very list. */
  readonly access?: readonly PrincipalKind[];
  /** The one tier that has it; both without. */
  readonly tier?: CustomerTier;
  readonly parameters?: readonly Parameter[];
  /** Media type to schema. */
  readonly request?: Readonly<Record<string, JsonSchema>>;
  readonly answer: Answer;
  /** Every code that it may answer, but for `internal`, which none should. */
  readonly errors: readonly ErrorCode[];
}

export const handleParameter: Parameter = {
  name: 'handle',
  in: 'path',
  description: 'Handle of the customer.',
  schema: { type: 'string', pattern: '^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$' },
};

/** What any route answers while a service or the database behind it is away. */
export const outages = ['service_unavailable', 'deadline_exceeded', 'storage_unavailable'] as const;

/** What whoever is not the operator is answered. */
export const operatorErrors = ['unauthorized', 'operator_only'] as const;

export const textFile: JsonSchema = { type: 'string' };
