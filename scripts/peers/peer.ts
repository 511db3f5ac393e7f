import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A real program that Meshwork is tested or measured against. */
export interface Peer {
  readonly name: string
  /** For what, in a few words. */
  readonly purpose: string
  /** File below `.peers/`, or an absolute path where a system package puts it. */
  readonly paths: readonly string[]
  /** Takes minutes: fetched by whoever needs it, or when asked for by name. */
  readonly isOnDemand?: true
  /** Installs it. Resolves with undefined, or with the reason why it cannot be had on this machine. */
  fetch(folder: string): Promise<string | undefined>
}

export const peersFolder: string = join(fileURLToPath(new URL('../..', import.meta.url)), '.peers')

/** Where the peer's program is, or undefined when it is not installed. */
export function locate(peer: Pick<Peer, 'paths'>): string | undefined {
  return peer.paths.map(path => (path.startsWith('/') ? path : join(peersFolder, path))).find(existsSync)
}
