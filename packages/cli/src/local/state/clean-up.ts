import { rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Clock, sleep } from '@meshwork/core/time'
import { signalProcess } from '../supervisor/terminate.ts'
import type { MeshState } from './mesh-state.ts'
import { isAlive, type ProcessIdentity } from './process-identity.ts'
import { readRuns } from './run-file.ts'
import type { StatePaths } from './state-paths.ts'

const CHECK_EVERY_MS = 25

/** Asks processes to stop and waits until they are gone; after `withinMs` they are killed. Processes that only have their number are left alone. */
export async function endProcesses(identities: readonly ProcessIdentity[], clock: Clock, withinMs: number): Promise<void> {
  let left = await living(identities)
  for (const { pid } of left) signalProcess(pid, 'SIGTERM', false)
  for (let waited = 0; left.length > 0 && waited < withinMs; waited += CHECK_EVERY_MS) {
    await sleep(clock, CHECK_EVERY_MS)
    left = await living(left)
  }
  for (const { pid } of left) signalProcess(pid, 'SIGKILL', false)
}

async function living(identities: readonly ProcessIdentity[]): Promise<readonly ProcessIdentity[]> {
  const alive = await Promise.all(identities.map(isAlive))
  return identities.filter((_, index) => alive[index])
}

const LEFTOVER_MS = 3000

/** Ends what a supervisor that was killed left behind, and removes its folder. */
export async function cleanUpStale(state: MeshState | undefined, paths: StatePaths, clock: Clock): Promise<void> {
  const runs = await readRuns(paths)
  const processes = [...(state?.processes ?? []), ...runs.flatMap(run => run.processes)].flatMap(each =>
    each.process === null ? [] : [each.process],
  )
  await endProcesses([...runs.map(run => run.runner), ...processes], clock, LEFTOVER_MS)
  await removeState(paths, false)
}

/** Removes the state; with `keepLogs` all but the log files. The folder above goes too if it is ours and empty. */
export async function removeState(paths: StatePaths, keepLogs: boolean): Promise<void> {
  if (!keepLogs) {
    await rm(paths.root, { recursive: true, force: true })
    if (dirname(paths.root).endsWith('.meshwork')) await rmdir(dirname(paths.root)).catch(() => undefined)
    return
  }
  const parts = [
    paths.meshFile,
    paths.meshConfig,
    paths.registry,
    paths.tokens,
    paths.ca,
    paths.runs,
    paths.proxies,
    join(paths.root, 'keys'),
  ]
  for (const part of parts) await rm(part, { recursive: true, force: true })
}
