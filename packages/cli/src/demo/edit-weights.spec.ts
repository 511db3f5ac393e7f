import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { readWeights, saveWeights } from './edit-weights.ts'

const SAMPLE = new URL('../../../../examples/bookinfo/config/reviews.yaml', import.meta.url)

let folder = ''
let file = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshwork-edit-'))
  file = join(folder, 'reviews.yaml')
  await cp(SAMPLE, file)
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('weights of the sample', () => {
  it('are read from the route for everybody', async () => {
    expect(await readWeights(file)).toEqual(
      new Map([
        ['v1', 50],
        ['v2', 30],
        ['v3', 20],
      ]),
    )
  })

  it('are changed without touching anything else', async () => {
    const before = await readFile(file, 'utf8')
    await saveWeights(file, new Map([['v3', 100]]))
    const after = await readFile(file, 'utf8')
    expect(await readWeights(file)).toEqual(
      new Map([
        ['v1', 0],
        ['v2', 0],
        ['v3', 100],
      ]),
    )
    expect(after.split('\n')[0]).toBe(before.split('\n')[0])
    expect(parseAllDocuments(after).map(each => each.toJS().kind)).toEqual(['VirtualService', 'DestinationRule'])
  })

  it('are missed in a file without any', async () => {
    await writeFile(file, 'kind: Gateway\n')
    await expect(readWeights(file)).rejects.toMatchObject({ code: 'SAMPLE_CHANGED' })
  })
})
