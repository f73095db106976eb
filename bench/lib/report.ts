import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

/** One line of the table: what was measured, against what, in the same run. */
export interface Row {
  readonly path: string;
  /** With its unit. */
  readonly measured: string;
  readonly against: string;
  readonly ratio?: number;
  /** The ratio must be at least this. */
  readonly atLeast?: number;
  /** The ratio must be at most this. */
  readonly atMost?: number;
}

/** A row, and how far it can be believed. */
export interface MeasuredRow extends Row {
  /** The part of the processors that the benchmark wanted and another guest of the machine was given. */
  readonly stolen: number;
}

/** One benchmark: a file, a name for the command line, and its rows. */
export interface Benchmark {
  readonly name: string;
  readonly about: string;
  run(): Promise<Row[]>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

function verdict({ ratio, atLeast, atMost }: Row): string {
  if (ratio === undefined || (atLeast === undefined && atMost === undefined)) return '';
  const met = (atLeast === undefined || ratio >= atLeast) && (atMost === undefined || ratio <= atMost);
  const bound = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  return `${met ? 'met   ' : 'MISSED'} ${bound}`;
}

/** Prints the table and writes it as JSON to bench/results/. */
export function report(rows: readonly MeasuredRow[]): void {
  const cells = rows.map((row) => [
    row.path,
    row.measured,
    row.against,
    row.ratio === undefined ? '' : row.ratio.toFixed(2),
    verdict(row),
    `${Math.round(row.stolen * 100)} %`,
  ]);
  cells.unshift(['path', 'measured', 'against', 'ratio', 'target', 'stolen']);
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of cells)
    console.log(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
  const folder = join('bench', 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'latest.json');
  writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), machine, rows }, null, 2)}\n`);
  console.log(`\n${machine.cores} × ${machine.cpu}, Node ${machine.node}; also in ${file}`);
}
