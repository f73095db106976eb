/**
 * Where this reader refuses what the oracles take, and why; README.md has the same list in words. A refusal that no
 * row explains is a defect.
 */
export const stricter: readonly { readonly rule: string; readonly reason: RegExp }[] = [
  {
    rule: 'DER, not BER: lengths, integers, booleans, bit strings in their one form',
    reason: /DER (?:forbids|requires)|shortest form|DER BOOLEAN|BIT STRING|indefinite/,
  },
  { rule: 'nothing behind the end of an element', reason: /unexpected data at its end/ },
  {
    rule: 'every element is there and of its type',
    reason:
      /is missing|unknown type|tag number above 30|pieces|longer than what|NULL that is not empty|cut off/,
  },
  { rule: 'version 0', reason: /^the version/ },
  {
    rule: 'names and attributes have at least one value',
    reason: /empty relative|without a value|no value|is empty/,
  },
  { rule: 'object identifiers in their one form', reason: /object identifier/ },
  {
    rule: 'extensionRequest once, each extension once, bounds on their number',
    reason: /more than once|requested twice|more than 32/,
  },
  { rule: 'no Microsoft attribute for extensions', reason: /Microsoft/ },
  { rule: 'no unknown critical extensions', reason: /requested as critical/ },
  { rule: 'no requests for a CA', reason: /CA:TRUE|keyCertSign|path length/ },
  {
    rule: 'names of four kinds, in their exact form',
    reason: /dNSName|iPAddress|rfc822Name|URI|alternative name|internationalized label/,
  },
  {
    rule: 'strong keys of five kinds, in their one encoding',
    reason: /public key|RSA|the curve|compressed|coordinate/,
  },
  {
    rule: 'signatures of strong hashes, with the parameters of their RFC',
    reason: /signature algorithm|which is broken/,
  },
  { rule: 'a bound on depth and size', reason: /nested too deeply|at most 16384/ },
];
