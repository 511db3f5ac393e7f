import { spawn } from 'node:child_process'
import { existsSync, readFileSync, readlinkSync } from 'node:fs'

import { MeshError } from '@meshwork/core/result'
import { sleep, systemClock } from '@meshwork/core/time'

// `ip netns exec` would mount a new /sys and so hide /sys/fs/cgroup from the kubelet; nsenter leaves it.

/** Words before a command that put it into all namespaces of the process `pid`. */
export function inNode(pid: number): readonly string[] {
  return ['nsenter', '-t', String(pid), '-m', '-n', '-p', '-u', '--']
}

/** Words before a command that put it into the network of the process `pid` only: files and processes stay the machine's. */
export function inNetworkOf(pid: number): readonly string[] {
  return ['nsenter', '-t', String(pid), '-n', '--']
}

export function alive(pid: number): boolean {
  return existsSync(`/proc/${pid}`)
}

/** Starts `command` so that it outlives this process. */
export function spawnDetached(command: readonly string[], output: number | 'ignore' = 'ignore'): number {
  const [file = '', ...args] = command
  const child = spawn(file, args, { stdio: ['ignore', output, output], detached: true })
  child.unref()
  if (child.pid === undefined) throw new MeshError('CLUSTER_START_FAILED', `${file} cannot be started`)
  return child.pid
}

/** True once the process has a network that is not ours: until then it has not left our namespaces. */
export function hasOwnNetwork(pid: number): boolean {
  return readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net')
}

/** The only child of `pid`, or undefined while there is none. */
export function onlyChild(pid: number): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return /^\d+$/.test(children) ? Number(children) : undefined
}

const POLL_MS = 100

/** Repeats `attempt` until it says true; what it throws counts as "not yet" and is the reason given at the end. */
export async function until(what: string, attempt: () => boolean | Promise<boolean>, limitMs: number): Promise<void> {
  const end = systemClock.monotonicMs() + limitMs
  for (;;) {
    let reason = `not within ${limitMs / 1000} s`
    try {
      if (await attempt()) return
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error)
    }
    if (systemClock.monotonicMs() > end) throw new MeshError('CLUSTER_NOT_READY', `${what}: ${reason}`)
    await sleep(systemClock, POLL_MS)
  }
}

/** Ends a process: `signal` first, SIGKILL when it has not left after five seconds. */
export async function endProcess(pid: number, signal: NodeJS.Signals): Promise<void> {
  if (!signalTo(pid, signal)) return
  const end = systemClock.monotonicMs() + 5_000
  while (alive(pid) && systemClock.monotonicMs() < end) await sleep(systemClock, POLL_MS / 4)
  signalTo(pid, 'SIGKILL')
}

function signalTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
