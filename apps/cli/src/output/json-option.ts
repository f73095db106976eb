import { Option } from 'commander';

/** The flag that every command has. */
export const jsonOption = (): Option =>
  new Option('--json', 'print JSON for scripts: the answer on stdout, a refusal on stderr');
