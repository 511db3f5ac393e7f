import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@meshwork/core/time'
import { expect, it } from 'vitest'
import { RootFileWatch } from './root-file-watch.ts'

it('tells of other roots, not of a file that comes late, is gone for a while, or is written again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'roots-'))
  const file = join(folder, 'root.pem')
  let told = 0
  const watch = new RootFileWatch(file, systemClock, () => told++)
  try {
    writeFileSync(file, 'old')
    await watch.start()
    rmSync(file)
    writeFileSync(file, 'old')
    writeFileSync(file, 'new')
    await expect.poll(() => told, { timeout: 5000 }).toBe(1)
  } finally {
    watch.close()
    rmSync(folder, { recursive: true })
  }
})
