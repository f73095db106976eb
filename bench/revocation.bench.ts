import { mintingProduct } from './lib/minting-product.js';
import type { Benchmark, Row } from './lib/report.js';
import { crlRows } from './revocation/crl.rows.js';
import { mint } from './revocation/issued.js';
import { ocspRows } from './revocation/ocsp.rows.js';
import { visibleRows } from './revocation/visible.rows.js';

const known = 1_000;
const revocations = 500;

export const revocation: Benchmark = {
  name: 'revocation',
  about:
    'OCSP against bare node:http, a CRL of a million entries against openssl, revocations until they show',
  run: async (): Promise<Row[]> => {
    const rows = crlRows();
    const ours = await mintingProduct({});
    try {
      const issued = await mint(ours, known);
      rows.push(...(await ocspRows(ours, issued)));
      const some = { ...issued, serials: issued.serials.slice(0, revocations) };
      rows.push(...(await visibleRows(ours, some)));
    } finally {
      await ours.product.stop();
    }
    return rows;
  },
};
