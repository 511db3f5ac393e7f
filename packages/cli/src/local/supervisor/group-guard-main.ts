import { sleep, systemClock } from '@meshwork/core/time'
import { keepAlive } from './keep-alive.ts'
import { signalProcess } from './terminate.ts'

// Process of `GroupGuard`. It holds the groups to end, and ends them when its parent is gone: the IPC channel closes then,
// whatever killed the parent.

const KILL_AFTER_MS = 2000
const groups = new Set<number>()

process.on('message', (message: unknown) => {
  if (typeof message !== 'object' || message === null || !('group' in message) || !('kind' in message)) return
  const { group, kind } = message
  // 0 and 1 would be this group and every process there is.
  if (typeof group !== 'number' || !Number.isInteger(group) || group <= 1) return
  if (kind === 'watch') groups.add(group)
  if (kind === 'forget') groups.delete(group)
})

process.once('disconnect', () => void endGroups())

async function endGroups(): Promise<void> {
  const release = keepAlive()
  for (const group of groups) signalProcess(group, 'SIGTERM', true)
  if (groups.size > 0) await sleep(systemClock, KILL_AFTER_MS)
  for (const group of groups) signalProcess(group, 'SIGKILL', true)
  release()
}
