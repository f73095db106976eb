import type { KeyLabels } from './signer.js';
import { signerFailure } from './signer-failure.js';

const labelName = /^[a-z][a-z0-9_-]{0,62}$/;
const labelValue = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;

/** Labels, when every backend could keep them. @throws signer_unavailable `bad_key_name` */
export function checkLabels(labels: KeyLabels): KeyLabels {
  for (const [name, value] of Object.entries(labels)) {
    if (labelName.test(name) && labelValue.test(value)) continue;
    throw signerFailure(
      'bad_key_name',
      `The label ${name.slice(0, 63)} has a name or value that no key can carry.`,
    );
  }
  return labels;
}

/** Whether a key carries all of the wanted labels. */
export function carries(labels: KeyLabels, wanted: KeyLabels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

/** Whether two keys carry the very same labels. */
export function sameLabels(one: KeyLabels, other: KeyLabels): boolean {
  return carries(one, other) && carries(other, one);
}
