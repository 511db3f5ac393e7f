import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** What a process uses, from /proc. */
export interface ProcessUsage {
  /** Resident memory, in bytes. */
  readonly rssBytes: number
  /** The most since `forgetPeak`. */
  readonly peakRssBytes: number
  /** User and system time so far, in milliseconds; the kernel counts in steps of 10. */
  readonly cpuMs: number
  readonly descriptors: number
}

const MS_PER_TICK = 10

export function processUsage(pid: number): ProcessUsage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  // Fields after the command's name, which is in parentheses and may hold anything: 3 is the first, 14 and 15 are times (proc(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return {
    rssBytes: kilobytes(status, 'VmRSS') * 1024,
    peakRssBytes: kilobytes(status, 'VmHWM') * 1024,
    cpuMs: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  }
}

/** The peak starts again from what is used now. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(String.raw`^${name}:\s+(\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN)
}
