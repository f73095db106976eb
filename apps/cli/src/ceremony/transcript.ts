import { z } from 'zod';

/** The file that auditors get. */
export const transcriptSchema = z.strictObject({
  format: z.literal('stackrunner-transcript-1'),
  customer: z.string(),
  handle: z.string(),
  entries: z.array(z.strictObject({ entry: z.string(), sha256: z.string() })),
  artifacts: z.array(z.strictObject({ name: z.string(), kind: z.string(), pem: z.string() })),
});
export type TranscriptFile = z.infer<typeof transcriptSchema>;

const entrySchema = z.object({
  sequence: z.number(),
  previous: z.string(),
  customer: z.string(),
  handle: z.string(),
  ceremony: z.string(),
  kind: z.string(),
  generation: z.number(),
  requested_by: z.string(),
  requested_at: z.string(),
  step: z.string(),
  done_at: z.string(),
  facts: z.record(z.string(), z.string()),
});

/** One step that was done, as its entry tells. */
export type TranscriptEntry = z.infer<typeof entrySchema>;

/** What an entry says; undefined when it is not an entry. */
export function readEntry(text: string): TranscriptEntry | undefined {
  try {
    return entrySchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
