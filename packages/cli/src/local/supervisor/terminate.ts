import type { ChildProcess } from 'node:child_process'
import type { Clock } from '@meshwork/core/time'

/** How long a process may take to stop by itself. */
export const GRACE_MS = 5000

/** SIGTERM, then SIGKILL after `GRACE_MS`. With `group`, to all processes of its group. Resolves when it is gone. */
export function terminate(child: ChildProcess, clock: Clock, group: boolean): Promise<void> {
  const { pid } = child
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise(resolve => {
    const timer = clock.after(GRACE_MS, () => signalProcess(pid, 'SIGKILL', group))
    child.once('exit', () => {
      timer.cancel()
      // Whatever the leader left behind in its group must not stay.
      if (group) signalProcess(pid, 'SIGKILL', true)
      resolve()
    })
    signalProcess(pid, 'SIGTERM', group)
  })
}

/** Sends a signal; that nobody is there any more is fine. */
export function signalProcess(pid: number, signal: NodeJS.Signals, group: boolean): void {
  try {
    process.kill(group ? -pid : pid, signal)
  } catch {
    // ESRCH: already gone.
  }
}
