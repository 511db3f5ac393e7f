import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { MeshError } from '@meshwork/core/result'

/** What an image is built on: files of Debian packages, without a shell or a package manager. */
export interface BaseImage {
  readonly name: string
  readonly packages: readonly string[]
}

const SUITE = 'bookworm'
const FINISH = fileURLToPath(new URL('../../../scripts/images/finish-base.sh', import.meta.url))
/** Libraries that Node is linked with. */
const FOR_NODE = ['libc6', 'libstdc++6', 'libatomic1']

export const RUNTIME_BASE: BaseImage = { name: 'base', packages: [...FOR_NODE, 'ca-certificates'] }
export const INIT_BASE: BaseImage = { name: 'init-base', packages: [...FOR_NODE, 'iptables', 'nftables', 'iproute2', 'util-linux'] }

/** Gives the root file system as a tar from `cache`; made of packages first, in seconds, when it is not there. */
export function baseTar(base: BaseImage, cache: string, progress: (line: string) => void): string {
  const tar = join(cache, `${base.name}-${hashOf(base)}.tar`)
  if (existsSync(tar)) return tar
  progress(`${base.name}: ${base.packages.join(', ')} of Debian ${SUITE}`)
  const work = mkdtempSync(join(cache, 'base-'))
  try {
    const root = join(work, 'root')
    run('mmdebstrap', ['--quiet', '--variant=extract', `--include=${base.packages.join(',')}`, SUITE, root])
    run('sh', [FINISH, root])
    const stable = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0']
    run('tar', [...stable, '-C', root, '-cf', join(work, 'base.tar'), '.'])
    renameSync(join(work, 'base.tar'), tar)
    return tar
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function hashOf(base: BaseImage): string {
  return createHash('sha256')
    .update([SUITE, process.arch, ...base.packages].join(' '))
    .update(readFileSync(FINISH))
    .digest('hex')
    .slice(0, 16)
}

function run(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { encoding: 'utf8' })
  if (done.status === 0) return
  const reason = done.error?.message ?? done.stderr.trim().split('\n').slice(-3).join('\n')
  throw new MeshError('BASE_IMAGE_FAILED', `${command} failed: ${reason}`, {
    nextStep: 'check that apt reaches a Debian mirror: mmdebstrap takes packages from there',
  })
}
