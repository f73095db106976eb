import { Option } from 'commander';

/** RFC 5280 §5.3.1, as the server takes them. */
const reasons = [
  ...['unspecified', 'keyCompromise', 'caCompromise', 'affiliationChanged', 'superseded'],
  ...['cessationOfOperation', 'certificateHold', 'removeFromCRL', 'privilegeWithdrawn', 'aaCompromise'],
];

/** `--reason NAME`. */
export function reasonOption(): Option {
  return new Option(
    '--reason <name>',
    'why; removeFromCRL lifts a certificateHold (default: unspecified)',
  ).choices(reasons);
}
