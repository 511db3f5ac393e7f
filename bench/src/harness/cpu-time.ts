import { readdirSync, readFileSync } from 'node:fs'

/**
 * CPU time, user and system, that all threads of these processes and of their descendants have used so far, in microseconds.
 * From the scheduler's own account (nanoseconds), not from the 10 ms ticks of /proc/PID/stat.
 */
export function cpuTimeUs(pids: readonly number[]): number {
  return familyOf(pids).reduce((sum, pid) => sum + processTimeUs(pid), 0)
}

/** Resident memory of these processes and their descendants, in bytes. Shared pages count once for each process. */
export function residentBytes(pids: readonly number[]): number {
  return familyOf(pids).reduce((sum, pid) => sum + residentBytesOf(pid), 0)
}

function familyOf(pids: readonly number[]): readonly number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = parentOf(Number(name))
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const family = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(family)]
  return pids.flatMap(family)
}

function processTimeUs(pid: number): number {
  let sum = 0
  for (const task of entries(`/proc/${pid}/task`)) {
    const text = read(`/proc/${pid}/task/${task}/schedstat`)
    if (text !== null) sum += Number(text.split(' ')[0]) / 1000
  }
  return sum
}

function residentBytesOf(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')
  return found === null ? 0 : Number(found[1]) * 1024
}

function parentOf(pid: number): number | null {
  const text = read(`/proc/${pid}/stat`)
  // The name in parentheses may have spaces; what follows it does not.
  return text === null ? null : Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** null: the process has ended meanwhile. */
function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
