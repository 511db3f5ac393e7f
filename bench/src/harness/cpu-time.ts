import { readdirSync, readFileSync } from 'node:fs'

/** Microseconds of one tick of /proc/<pid>/stat (USER_HZ is 100 on Linux). */
const TICK_US = 10_000

/** CPU time, user and system, that a process and its descendants have used so far, in microseconds. */
export function cpuTimeUs(pid: number): number {
  const children = new Map<number, number[]>()
  const used = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const fields = statFields(Number(name))
    if (fields === null) continue
    used.set(Number(name), (fields.userTicks + fields.systemTicks) * TICK_US)
    children.set(fields.parent, [...(children.get(fields.parent) ?? []), Number(name)])
  }
  const sum = (of: number): number => (used.get(of) ?? 0) + (children.get(of) ?? []).reduce((total, child) => total + sum(child), 0)
  return sum(pid)
}

function statFields(pid: number): { parent: number; userTicks: number; systemTicks: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may have spaces; what follows it does not.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { parent: Number(fields[1]), userTicks: Number(fields[11]), systemTicks: Number(fields[12]) }
  } catch {
    return null
  }
}
