import { closeSync, mkdirSync, openSync } from 'node:fs'

import { inNode, spawnDetached } from './namespaces.ts'
import type { NodeFolder } from './node-folder.ts'

/** Starts a daemon in the namespaces of a node. It writes to `log/NAME.log` and ends with the node's first process. */
export function startDaemon(node: NodeFolder, nodePid: number, name: string, command: readonly string[]): void {
  mkdirSync(node.file('log'), { recursive: true })
  const log = openSync(node.file('log', `${name}.log`), 'a')
  spawnDetached([...inNode(nodePid), ...command], log)
  closeSync(log)
}
