import { readdir, readFile, readlink } from 'node:fs/promises'

/** LISTEN in the `st` column of /proc/net/tcp. */
const LISTEN = '0A'

/** Which process listens on TCP port `port`: `node (pid 4711)`. Only Linux tells without root; elsewhere, and for processes of others, `undefined`. */
export async function portOwner(port: number): Promise<string | undefined> {
  try {
    const inodes = await listeningInodes(port)
    if (inodes.size === 0) return undefined
    for (const pid of await readdir('/proc')) {
      if (/^\d+$/.test(pid) && (await ownsSocket(pid, inodes)))
        return `${(await readFile(`/proc/${pid}/comm`, 'utf8')).trim()} (pid ${pid})`
    }
  } catch {
    // No /proc, or it changed below us: then nobody can say.
  }
  return undefined
}

async function listeningInodes(port: number): Promise<ReadonlySet<string>> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const tables = await Promise.all(['tcp', 'tcp6'].map(name => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')))
  const rows = tables.flatMap(table => table.split('\n').slice(1)).map(row => row.trim().split(/\s+/))
  return new Set(rows.filter(([, local, , state]) => local?.endsWith(suffix) === true && state === LISTEN).map(row => row[9] ?? ''))
}

async function ownsSocket(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const fds = await readdir(`/proc/${pid}/fd`).catch(() => [])
  for (const fd of fds) {
    const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
    if (inode !== undefined && inodes.has(inode)) return true
  }
  return false
}
