import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'

import { endProcess, inNode, spawnDetached } from './namespaces.ts'
import type { NodeFolder } from './node-folder.ts'

/** Starts a daemon in the namespaces of a node. It writes to `log/NAME.log` and ends with the node's first process. */
export function startDaemon(node: NodeFolder, nodePid: number, name: string, command: readonly string[]): void {
  mkdirSync(node.file('log'), { recursive: true })
  const log = openSync(node.file('log', `${name}.log`), 'a')
  spawnDetached([...inNode(nodePid), ...command], log)
  closeSync(log)
}

/** Ends the daemon of a node whose command has all of `words`; false if none runs. */
export async function endDaemon(...words: readonly string[]): Promise<boolean> {
  const pids = readdirSync('/proc').filter(name => /^\d+$/.test(name) && words.every(word => commandOf(name).includes(word)))
  await Promise.all(pids.map(pid => endProcess(Number(pid), 'SIGKILL')))
  return pids.length > 0
}

/** Empty for a process that has left. */
function commandOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
