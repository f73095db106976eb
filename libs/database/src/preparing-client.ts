import pg from 'pg';

/** Texts that are prepared; beyond them come those that are put together anew each time. */
const mostTexts = 1_000;

const names = new Map<string, string>();

/** The name of a statement on every connection; undefined for one too many. */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= mostTexts) return known;
  const name = `stackrunner_${names.size + 1}`;
  names.set(text, name);
  return name;
}

/**
 * A connection that prepares each statement with parameters when it first has it: PostgreSQL reads and, after a few
 * executions, plans it once. Half of what a short transaction costs PostgreSQL is reading and planning.
 */
export class PreparingClient extends pg.Client {
  // Takes and returns what each of the overloads does.
  override query(...given: never[]): never {
    const [statement, values, ...rest] = given as readonly unknown[];
    const named = typeof statement === 'string' && Array.isArray(values) && values.length > 0;
    const args = named ? [{ text: statement, values, name: nameOf(statement) }, undefined, ...rest] : given;
    return Reflect.apply(super.query, this, args) as never;
  }
}
