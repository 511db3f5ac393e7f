import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MESHWORK_VERSION } from './index.ts'

test.each(['../../../../package.json', '../../package.json', '../../../cli/package.json'])('programs say the version of %s', path => {
  const manifest: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
  expect(manifest).toMatchObject({ version: MESHWORK_VERSION })
})
