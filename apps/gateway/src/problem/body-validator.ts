import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { DomainError, type ErrorCode } from '#libs/errors';

/** A JSON Schema (2020-12) as OpenAPI 3.1 publishes it and as requests are checked against it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Which code a violation has: `where` is a JSON Pointer, `keyword` the schema's word that failed. */
export type CodeOf = (where: string, keyword: string) => ErrorCode;

/** The schemas are ours: a test holds them against the meta-schema, which takes a tenth of a second to compile. */
const options = { allowUnionTypes: true, strictRequired: false, meta: false, validateSchema: false };

let compiler: Ajv2020 | undefined;

/**
 * A function that returns a value as what a schema describes. The schema is compiled with its first value: all of them
 * at once would take a quarter of a second of every start.
 *
 * @throws DomainError bad_request (or what `codeOf` says) that names the first field that is wrong, and why
 */
export function bodyValidator<T>(
  schema: JsonSchema,
  codeOf: CodeOf = () => 'bad_request',
): (value: unknown) => T {
  let validate: ValidateFunction<T> | undefined;
  return (value) => {
    compiler ??= new Ajv2020({ strict: true, ...options });
    validate ??= compiler.compile<T>(schema);
    if (validate(value)) return value;
    const first = validate.errors?.[0];
    if (first === undefined) throw new DomainError('bad_request', 'The body is not what it should be.');
    const field = fieldOf(first);
    throw new DomainError(codeOf(first.instancePath, first.keyword), `${field} ${reasonOf(first)}.`, {
      details: { field },
    });
  };
}

/** `/csr_pems/3` as people write it: `csr_pems[3]`. */
function fieldOf(error: ErrorObject): string {
  const parts = error.instancePath.split('/').slice(1);
  if (error.keyword === 'additionalProperties') parts.push(String(error.params.additionalProperty));
  if (error.keyword === 'required') parts.push(String(error.params.missingProperty));
  const name = parts
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(
      (path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`),
      '',
    );
  return name === '' ? 'The body' : shortened(name);
}

function reasonOf(error: ErrorObject): string {
  switch (error.keyword) {
    case 'required':
      return 'is missing';
    case 'additionalProperties':
      return 'is not a field of this request';
    case 'const':
      return `must be ${JSON.stringify(error.params.allowedValue)}`;
    case 'enum':
      return `must be one of ${JSON.stringify(error.params.allowedValues)}`;
    case 'type':
      return `must be of type ${String(error.params.type).replaceAll(',', ' or ')}`;
    default:
      return error.message ?? 'is not valid';
  }
}

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
