import { createCsr, pemEncode } from '#libs/x509';

/** `count` distinct P-256 requests in PEM: no cache of keys flatters a result. */
export function csrPool(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const { csrDer } = createCsr({ commonName: 'bench', dnsNames: [`app-${i}.bench.internal`] });
    return pemEncode('CERTIFICATE REQUEST', csrDer);
  });
}

/** The pool in JSON bodies of `size` requests each. */
export function mintBodies(pool: readonly string[], size: number): string[] {
  return Array.from({ length: Math.floor(pool.length / size) }, (_, i) =>
    JSON.stringify({ version: 'v1', csr_pems: pool.slice(i * size, (i + 1) * size) }),
  );
}
