import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Number of `nobody`: PostgreSQL refuses to run as root. */
const NOBODY = 65_534

/** Makes an empty database below `parent`; the answer is the command that serves it on a port of loopback, for anybody. */
export function postgresCommand(program: string, parent: string, port: number): readonly string[] {
  const folder = join(parent, 'postgres')
  const data = join(folder, 'data')
  mkdirSync(folder)
  const nobody = process.getuid?.() === 0
  if (nobody) {
    chmodSync(parent, 0o711)
    chownSync(folder, NOBODY, NOBODY)
  }
  const as = nobody ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : []
  const [file, ...args] = [...as, join(dirname(program), 'initdb'), '-D', data, '-U', 'mesh', '-A', 'trust', '--no-sync', '-E', 'UTF8']
  execFileSync(file, args, { stdio: 'ignore', cwd: folder })
  const lean = ['-c', 'fsync=off', '-c', 'shared_buffers=16MB', '-c', 'max_connections=10', '-c', `unix_socket_directories=${folder}`]
  return [...as, program, '-D', data, '-h', '127.0.0.1', '-p', String(port), ...lean]
}

/** Serves a MariaDB without tables of its own: what is asked of it needs none. `folder` is for its files. */
export function mariadbCommand(program: string, folder: string, port: number): readonly string[] {
  const own = [`--datadir=${folder}`, `--socket=${join(folder, 'db.sock')}`, `--pid-file=${join(folder, 'db.pid')}`]
  const lean = [
    '--skip-grant-tables',
    '--innodb-buffer-pool-size=16M',
    '--innodb-log-file-size=4M',
    '--performance-schema=OFF',
    '--innodb-fast-shutdown=2',
  ]
  return [program, '--no-defaults', '--user=root', ...own, ...lean, `--port=${port}`, '--bind-address=127.0.0.1']
}
