import type { z } from 'zod';
import { type OptionMeta, optionMeta } from './option.js';
import { type ProcessName, schemas } from './schemas.js';

/** One variable, as one process reads it. */
export interface DocumentedOption extends OptionMeta {
  readonly process: ProcessName;
  readonly schema: z.ZodType;
}

/** Every variable of every process, in the order of the schemas. */
export function allOptions(): DocumentedOption[] {
  return Object.entries(schemas).flatMap(([process, schema]) =>
    optionsIn(schema).map(([meta, optionSchema]) => ({
      ...meta,
      process: process as ProcessName,
      schema: optionSchema,
    })),
  );
}

function optionsIn(group: z.ZodObject): [OptionMeta, z.ZodType][] {
  return Object.values(group.shape).flatMap((schema) => {
    const meta = optionMeta(schema as z.ZodType);
    return meta ? [[meta, schema as z.ZodType] as [OptionMeta, z.ZodType]] : optionsIn(schema as z.ZodObject);
  });
}
