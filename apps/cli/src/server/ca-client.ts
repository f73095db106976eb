import { z } from 'zod';
import type { CliContext } from '../cli-context.js';
import { AdminClient } from './admin-client.js';
import { handleInPath } from './server-client.js';

/** What a rotation does, or would do. */
export const rotationSchema = z.looseObject({
  under_way: z.boolean(),
  generation: z.number(),
  next_generation: z.number(),
  due_at: z.string(),
  key_name: z.string(),
  steps: z.array(z.string()),
  retired_at: z.string(),
});
export type RotationJson = z.infer<typeof rotationSchema>;

const csrSchema = z.looseObject({
  status: z.string(),
  generation: z.number(),
  csr_pem: z.string().nullable(),
  key_ref: z.string().nullable(),
});
export type CsrJson = z.infer<typeof csrSchema>;

const importedSchema = z.looseObject({ generation: z.number() });
export type ImportedJson = z.infer<typeof importedSchema>;

/** A customer's CA in the operator's interface. */
export class CaClient {
  private readonly admin: AdminClient;

  constructor(context: CliContext) {
    this.admin = new AdminClient(context);
  }

  rotate(handle: string, wish: { readonly now: boolean; readonly dry_run: boolean }): Promise<RotationJson> {
    return this.admin.read(rotationSchema, { method: 'POST', path: pathOf(handle, 'ca/rotate'), body: wish });
  }

  request(handle: string): Promise<CsrJson> {
    return this.admin.read(csrSchema, { method: 'POST', path: pathOf(handle, 'ca/csr') });
  }

  import(
    handle: string,
    body: { readonly certificates_pem: string; readonly key_ref?: string },
  ): Promise<ImportedJson> {
    return this.admin.read(importedSchema, { method: 'POST', path: pathOf(handle, 'ca/import'), body });
  }

  /** The transcript as the server gives it; whoever reads it checks it. */
  transcript(handle: string): Promise<unknown> {
    return this.admin.read(z.unknown(), { method: 'GET', path: pathOf(handle, 'transcript') });
  }
}

const pathOf = (handle: string, what: string): string =>
  `/v1/admin/customers/${handleInPath(handle)}/${what}`;
