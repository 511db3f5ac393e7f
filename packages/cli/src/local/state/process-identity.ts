import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it started, in the words of the operating system; only ever compared. */
  readonly startTime: string
}

const run = promisify(execFile)

/** `undefined` if there is no such process, or only a zombie of it. */
export async function identityOf(pid: number): Promise<ProcessIdentity | undefined> {
  const startTime = process.platform === 'linux' ? await linuxStartTime(pid) : await psStartTime(pid)
  return startTime === undefined ? undefined : { pid, startTime }
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  const now = await identityOf(identity.pid)
  return now !== undefined && now.startTime === identity.startTime
}

/** Fields `state` (3) and `starttime` (22, clock ticks since boot) of proc_pid_stat(5); the name in field 2 may hold anything but `)` at its end. */
async function linuxStartTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields ?? []
  return state === 'Z' || state === 'X' ? undefined : fields?.[19]
}

async function psStartTime(pid: number): Promise<string | undefined> {
  const answer = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => undefined)
  const text = answer?.stdout.trim() ?? ''
  if (text === '' || text.startsWith('Z')) return undefined
  return text.slice(text.indexOf(' ') + 1).trim()
}
