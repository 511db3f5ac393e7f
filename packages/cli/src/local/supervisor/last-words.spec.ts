import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lastWords } from './last-words.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meshwork-words-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function wordsOf(text: string): Promise<string | undefined> {
  await writeFile(join(folder, 'log'), text)
  return lastWords(join(folder, 'log'))
}

describe('lastWords', () => {
  it.each([
    ['{"level":"info","message":"ready"}\n{"level":"error","message":"port 1 is taken"}\n', 'port 1 is taken'],
    ['{"level":"error","message":"unexpected failure","error":"boom"}\n', 'boom'],
    [
      'file:///x.js:1\nimport y\n\nError [ERR_MODULE_NOT_FOUND]: Cannot find module y\n    at z (a:1)\n\nNode.js v26.10.0\n',
      'Error [ERR_MODULE_NOT_FOUND]: Cannot find module y',
    ],
    ['hello\n', undefined],
    ['', undefined],
  ])('of %j are %j', async (text, words) => {
    expect(await wordsOf(text)).toBe(words)
  })

  it('are found at the end of a long log', async () => {
    expect(await wordsOf(`${'x'.repeat(100_000)}\nTypeError: late\n`)).toBe('TypeError: late')
  })

  it('are none without a log', async () => {
    expect(await lastWords(join(folder, 'gone'))).toBeUndefined()
  })
})
