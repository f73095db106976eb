import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, usageError } from '../cli-failure.js';
import type { CsrFile } from './csr-files.js';

export interface Minted {
  readonly certs: readonly { readonly cert_pem: string }[];
  readonly chain: string;
}

/** Where a batch goes: one file a certificate, in the order of the requests, and the chain. */
export class CertificateFiles {
  private constructor(
    readonly certificates: readonly string[],
    readonly chain: string,
    private readonly overwrite: boolean,
  ) {}

  /**
   * Makes the folder and finds everything that would stop the files from being written, before a
   * certificate is minted for them.
   *
   * @throws CliFailure exit code 2
   */
  static async prepare(
    csrs: readonly CsrFile[],
    { folder, overwrite }: { readonly folder: string; readonly overwrite: boolean },
  ): Promise<CertificateFiles> {
    const certificates = csrs.map(({ name }) => join(folder, `${name}.crt`));
    const chain = join(folder, 'chain.pem');
    const twice = certificates.find((file, index) => certificates.indexOf(file) !== index);
    if (twice !== undefined) {
      throw usageError(`two requests would both become ${twice}`, 'Give the files different names.');
    }
    try {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.W_OK);
    } catch (cause) {
      throw usageError(`cannot write to ${folder}: ${messageOf(cause)}`);
    }
    if (!overwrite) {
      for (const file of [...certificates, chain]) {
        if (await exists(file)) throw usageError(`${file} exists`, 'Overwrite it with --force.');
      }
    }
    return new CertificateFiles(certificates, chain, overwrite);
  }

  async write(minted: Minted): Promise<void> {
    const flag = this.overwrite ? 'w' : 'wx';
    await Promise.all(
      this.certificates.map((file, index) => writeFile(file, minted.certs[index]?.cert_pem ?? '', { flag })),
    );
    await writeFile(this.chain, minted.chain, { flag });
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file, constants.F_OK);
    return true;
  } catch {
    return false;
  }
}
