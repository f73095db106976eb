import { CsrError } from '../csr/csr-error.js';
import { parseCsr } from '../csr/parse-csr.js';
import { verifyCsr, verifyCsrAside } from '../csr/verify-csr.js';

/** Why a request is refused, or undefined when it is accepted; any error but a CsrError goes on. */
export function refusal(csr: Uint8Array): string | undefined {
  try {
    verifyCsr(parseCsr(csr));
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** The same, verified beside the main thread. */
export async function refusalAside(csr: Uint8Array): Promise<string | undefined> {
  try {
    await verifyCsrAside(parseCsr(csr));
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof CsrError) return error.reason;
  throw error;
}
