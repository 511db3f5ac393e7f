import { copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import type { ClusterPrograms } from './cluster-programs.ts'
import { PAUSE_IMAGE } from './node-config.ts'
import { writeImage } from './oci-image.ts'

/** The image of a pod's first container, packed once beside the program it holds. Gives the tar. */
export async function pauseImage(programs: ClusterPrograms): Promise<string> {
  const target = join(dirname(programs.pause), 'pause.tar')
  if (existsSync(target)) return target
  const root = mkdtempSync(join(tmpdir(), 'mesh-pause-'))
  try {
    copyFileSync(programs.pause, join(root, 'pause'))
    const unfinished = `${target}.${process.pid}`
    await writeImage(root, unfinished, { reference: PAUSE_IMAGE, entrypoint: ['/pause'] })
    renameSync(unfinished, target)
    return target
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
