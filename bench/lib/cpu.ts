// CPU time and memory of processes, from /proc.
import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100;

function stat(pid: number | string): { parent: number; ticks: number; pastTicks: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [ticks, pastTicks] = [
    Number(fields[11]) + Number(fields[12]),
    Number(fields[13]) + Number(fields[14]),
  ];
  return { parent: Number(fields[1]), ticks, pastTicks };
}

/** A process and all its living descendants. */
export function processTree(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), stat(name).parent);
    } catch {
      // It ended between the listing and the reading.
    }
  }
  const tree = [root];
  for (const pid of tree) for (const [child, parent] of parents) if (parent === pid) tree.push(child);
  return tree;
}

/** CPU seconds that the tree has used so far. */
export function cpuSeconds(root: number): number {
  return processTree(root).reduce((sum, pid) => sum + stat(pid).ticks, 0) / ticksPerSecond;
}

/** CPU seconds that those of its children used that have ended. */
export function pastSeconds(pid: number): number {
  return stat(pid).pastTicks / ticksPerSecond;
}

/** CPU seconds that the first thread of a process has used so far: in Node the one that runs JavaScript. */
export function mainThreadSeconds(pid: number): number {
  const [nanoseconds] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
  return Number(nanoseconds) / 1e9;
}

/** Proportional memory of the tree in MB: shared pages count once. */
export function memoryMb(root: number): number {
  return processTree(root).reduce((sum, pid) => {
    const pss = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return sum + Number(pss?.[1] ?? 0) / 1024;
  }, 0);
}

/** What the machine's processors have done so far, in ticks. */
export interface MachineTicks {
  readonly busy: number;
  /** Wanted, and given to somebody else: another guest of the same hypervisor. */
  readonly stolen: number;
}

export function machineTicks(): MachineTicks {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/ +/) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = fields.map(Number);
  return { busy: user + nice + system + irq + softirq, stolen };
}

/** The part of what was wanted of the processors since then that somebody else was given. */
export function stolenSince(before: MachineTicks): number {
  const { busy, stolen } = machineTicks();
  const taken = stolen - before.stolen;
  return taken / Math.max(1, busy - before.busy + taken);
}
