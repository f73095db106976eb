import { derNamedBits, oid } from '#libs/x509';
import type { LintCase } from './lint-case.js';
import { basicConstraints, keyUsage, spkis } from './tbs-builder.js';

type Kind = LintCase['kind'];

function usage(
  kind: Kind,
  bits: readonly number[],
  more: { spki?: Uint8Array; finding?: RegExp } = {},
): LintCase {
  const { spki, finding } = more;
  return {
    kind,
    what: `bits ${bits.join(', ') || 'none'}`,
    parts: { extensions: { [oid.keyUsage]: keyUsage(...bits) }, ...(spki && { spki }) },
    ...(finding && { finding }),
  };
}

/** For the lints about keyUsage and basicConstraints, RFC 5280 §4.2.1.3 and §4.2.1.9. */
export const keyUsageCases: Readonly<Record<string, readonly LintCase[]>> = {
  'key-usage-critical': [
    usage('leaf', [0]),
    {
      kind: 'root',
      what: 'not critical',
      parts: { extensions: { [oid.keyUsage]: { value: derNamedBits([5, 6]) } } },
      finding: /not critical/,
    },
    {
      kind: 'intermediate',
      what: 'missing',
      parts: { extensions: { [oid.keyUsage]: undefined } },
      finding: /no keyUsage/,
    },
  ],
  'key-usage-not-empty': [usage('leaf', [0]), usage('leaf', [], { finding: /no bit/ })],
  'key-usage-authority': [
    usage('root', [5, 6]),
    usage('root', [0, 5, 6]),
    usage('root', [6], { finding: /keyCertSign/ }),
    usage('intermediate', [5], { finding: /cRLSign/ }),
  ],
  'key-usage-leaf': [
    usage('leaf', [0, 1]),
    usage('leaf', [0, 5], { finding: /keyCertSign or cRLSign/ }),
    usage('leaf', [6], { finding: /keyCertSign or cRLSign/ }),
  ],
  'key-usage-agreement-only': [
    usage('leaf', [4, 7]),
    usage('leaf', [0, 7], { finding: /without keyAgreement/ }),
    usage('leaf', [0, 8], { finding: /without keyAgreement/ }),
  ],
  'key-usage-ec': [
    usage('leaf', [0, 4]),
    usage('leaf', [0, 2], { finding: /keyEncipherment/ }),
    usage('leaf', [3], { finding: /dataEncipherment/ }),
    usage('leaf', [0, 2], { spki: spkis.RSA }),
  ],
  'key-usage-ed25519': [
    usage('leaf', [0, 1], { spki: spkis.Ed25519 }),
    usage('leaf', [0, 2], { spki: spkis.Ed25519, finding: /more than signatures/ }),
    usage('leaf', [4], { spki: spkis.Ed25519, finding: /more than signatures/ }),
    usage('leaf', [4]),
  ],
  'key-usage-rsa': [
    usage('leaf', [0, 2, 3], { spki: spkis.RSA }),
    usage('leaf', [0, 4], { spki: spkis.RSA, finding: /key agreement/ }),
    usage('leaf', [0, 8], { spki: spkis.RSA, finding: /key agreement/ }),
  ],
  'basic-constraints-authority': [
    { kind: 'root', what: 'cA', parts: {} },
    {
      kind: 'root',
      what: 'none',
      parts: { extensions: { [oid.basicConstraints]: undefined } },
      finding: /no basicConstraints/,
    },
    {
      kind: 'root',
      what: 'no cA',
      parts: { extensions: { [oid.basicConstraints]: basicConstraints(false) } },
      finding: /lack cA/,
    },
    {
      kind: 'intermediate',
      what: 'not critical',
      parts: { extensions: { [oid.basicConstraints]: { ...basicConstraints(true, 0), critical: false } } },
      finding: /not critical/,
    },
  ],
  'basic-constraints-leaf': [
    { kind: 'leaf', what: 'no cA', parts: {} },
    { kind: 'leaf', what: 'none', parts: { extensions: { [oid.basicConstraints]: undefined } } },
    {
      kind: 'leaf',
      what: 'cA',
      parts: { extensions: { [oid.basicConstraints]: basicConstraints(true) } },
      finding: /has cA/,
    },
  ],
  'path-length': [
    { kind: 'intermediate', what: '0 with cA', parts: {} },
    {
      kind: 'leaf',
      what: '0 without cA',
      parts: { extensions: { [oid.basicConstraints]: basicConstraints(false, 0) } },
      finding: /without cA/,
    },
    {
      kind: 'intermediate',
      what: 'without keyCertSign',
      parts: { extensions: { [oid.keyUsage]: keyUsage(6) } },
      finding: /keyCertSign/,
    },
  ],
  'intermediate-path-length': [
    { kind: 'intermediate', what: '0', parts: {} },
    {
      kind: 'intermediate',
      what: '1',
      parts: { extensions: { [oid.basicConstraints]: basicConstraints(true, 1) } },
      finding: /not 0/,
    },
    {
      kind: 'intermediate',
      what: 'none',
      parts: { extensions: { [oid.basicConstraints]: basicConstraints(true) } },
      finding: /not 0/,
    },
  ],
};
