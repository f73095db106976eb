import { allOptions, type DocumentedOption } from './all-options.js';
import { prefix } from './option.js';
import { type ProcessName, serviceNames } from './schemas.js';

const introduction = `<!-- Written by scripts/generate-docs.mjs from libs/config. -->

# Configuration

Every process reads its configuration from environment variables, once, when it starts. A value that cannot be used
stops it with one line that names the variable, and exit code 1. A name that begins with \`${prefix}\` and that no
process knows is reported with the closest one that exists, and has no effect. An empty value counts as unset.

Secrets are marked with 🔒. Each can also come from a file: \`NAME_FILE\` names it, and its trailing line break is not
part of the secret. \`NAME\` and \`NAME_FILE\` together are an error. Secrets appear in no log and no error message.

\`standalone\` is the whole product from one command on an embedded PostgreSQL (\`npm start\`); \`gateway\`,
\`issuer\`, \`provisioner\`, \`revocation\` and \`billing\` are the services (\`npm run start:services\`); \`cli\` is the
command line (\`npx stackrunner\`).
`;

/** How a set of processes is called in a heading, in the order of the page. */
const groups: readonly (readonly [title: string, processes: readonly ProcessName[]])[] = [
  ['Everything that serves', ['standalone', ...serviceNames]],
  ['Every service, as a process of its own', serviceNames],
];

/** The text of docs/configuration.md: the schemas are its only source. */
export function configurationMarkdown(): string {
  const sections = new Map<string, string[]>(groups.map(([title]) => [title, []]));
  for (const options of byVariable().values()) {
    const title = titleOf(options.map(({ process }) => process));
    const rows = sections.get(title) ?? [];
    sections.set(title, [...rows, row(options)]);
  }
  const tables = [...sections].map(([title, rows]) => [`## ${title}`, '', ...head, ...rows].join('\n'));
  return `${[introduction.trim(), ...tables].join('\n\n')}\n`;
}

const head = ['| variable | default | what it does |', '| --- | --- | --- |'];

function byVariable(): Map<string, DocumentedOption[]> {
  const options = new Map<string, DocumentedOption[]>();
  for (const option of allOptions()) options.set(option.env, [...(options.get(option.env) ?? []), option]);
  return options;
}

function titleOf(processes: readonly ProcessName[]): string {
  const group = groups.find(
    ([, members]) =>
      members.length === processes.length && members.every((member) => processes.includes(member)),
  );
  if (group) return group[0];
  const last = processes.at(-1) ?? '';
  const others = processes.slice(0, -1).join(', ');
  return others === '' ? last : `${others} and ${last}`;
}

function row(options: readonly DocumentedOption[]): string {
  const [option] = options;
  if (!option) return '';
  const name = `\`${option.env}\`${option.secret ? ' 🔒' : ''}`;
  return `| ${name} | ${defaults(options)} | ${option.description} |`;
}

/** One default for all, or who has which. */
function defaults(options: readonly DocumentedOption[]): string {
  const processes = new Map<string, ProcessName[]>();
  for (const option of options) {
    const text = defaultOf(option);
    processes.set(text, [...(processes.get(text) ?? []), option.process]);
  }
  const [only] = processes.keys();
  if (processes.size === 1) return only ?? '';
  return [...processes].map(([text, names]) => `${names.join(', ')}: ${text}`).join('; ');
}

function defaultOf({ defaultText, schema }: DocumentedOption): string {
  if (defaultText) return defaultText;
  const parsed = schema.safeParse(undefined);
  return parsed.success ? `\`${String(parsed.data)}\`` : 'required';
}
