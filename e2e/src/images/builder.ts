import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

import { MeshError } from '@meshwork/core/result'

/** One build of one target of a Dockerfile. */
export interface ImageBuild {
  readonly dockerfile: string
  readonly target: string
  readonly reference: string
  readonly args: Readonly<Record<string, string>>
}

/** buildah with a store of its own below `folder`: no daemon, no registry, nothing outside of the folder. */
export class Builder {
  private readonly words: readonly string[]
  private readonly folder: string
  private readonly context: string

  constructor(folder: string, context: string) {
    this.folder = folder
    this.context = context
    const places = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')]
    // Slower, but works where the folder cannot hold an overlay.
    const driver = ['overlay', 'vfs'].find(each => spawnSync('buildah', ['--storage-driver', each, ...places, 'info']).status === 0)
    this.words = ['--storage-driver', driver ?? 'vfs', ...places]
  }

  /** Makes an image of a root file system. */
  importRoot(tar: string, reference: string): void {
    const dockerfile = join(this.folder, 'import.Dockerfile')
    writeFileSync(dockerfile, `FROM scratch\nADD ${basename(tar)} /\n`)
    this.run(['bud', ...STABLE, '-q', '-t', reference, '-f', dockerfile, dirname(tar)])
  }

  build({ dockerfile, target, reference, args }: ImageBuild): void {
    const values = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
    this.run([
      'bud',
      ...STABLE,
      '-q',
      '--layers',
      '--pull-never',
      ...values,
      '--target',
      target,
      '-t',
      reference,
      '-f',
      dockerfile,
      this.context,
    ])
  }

  /** Writes an image to a folder of its own. Layers are not compressed: that takes five times as long as building them. */
  export(reference: string, folder: string): void {
    this.run(['push', '-q', '--disable-compression', reference, `dir:${folder}`])
  }

  private run(args: readonly string[]): void {
    const done = spawnSync('buildah', [...this.words, ...args], { encoding: 'utf8', maxBuffer: 2 ** 26 })
    if (done.status === 0) return
    const reason = done.error?.message ?? done.stderr.trim().split('\n').slice(-3).join('\n')
    throw new MeshError('IMAGE_FAILED', `buildah ${args[0] ?? ''} failed: ${reason}`, {
      nextStep: 'run as root on Linux with buildah 1.28 or later, after `npm run build`',
    })
  }
}

/** Equal files give equal layers, whenever they are built. */
const STABLE = ['--isolation', 'chroot', '--timestamp', '0']
