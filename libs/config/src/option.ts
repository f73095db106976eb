import { z } from 'zod';

/** What the loader and the documentation know about one environment variable. */
export interface OptionMeta {
  /** The variable's full name. */
  readonly env: string;
  readonly description: string;
  /** Never printed, and also read from the file that `<env>_FILE` names. */
  readonly secret?: boolean;
  /** Says what stands for an unset variable where the schema itself cannot. */
  readonly defaultText?: string;
}

/** The prefix of every environment variable of the product. */
export const prefix = 'STACKRUNNER_';

const metas = z.registry<OptionMeta>();

/** Names the variable that fills a schema. */
export function option<T extends z.ZodType>(name: string, schema: T, meta: Omit<OptionMeta, 'env'>): T {
  metas.add(schema, { ...meta, env: prefix + name });
  return schema;
}

/** Names a variable that is not ours: other programs of the same environment know it under this name. */
export function foreignOption<T extends z.ZodType>(env: string, schema: T, meta: Omit<OptionMeta, 'env'>): T {
  metas.add(schema, { ...meta, env });
  return schema;
}

/** The variable behind a schema; undefined for a group of options. */
export function optionMeta(schema: z.ZodType): OptionMeta | undefined {
  return metas.get(schema);
}

/** A whole number written in decimal, within inclusive bounds. */
export function integer(min: number, max: number): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.string().transform((text, context) => {
    const value = Number(text);
    if (/^\d{1,15}$/.test(text) && value >= min && value <= max) return value;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

/** An absolute URL of one of the given schemes, kept as it was written without trailing slashes. */
export function url(...schemes: string[]): z.ZodPipe<z.ZodString, z.ZodTransform<string, string>> {
  const message = `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return z.string().transform((text, context) => {
    const valid = URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1));
    if (valid) return text.replace(/\/+$/, '');
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}
