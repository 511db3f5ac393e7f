import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { expectGolden } from './expect-golden.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'meshwork-golden-'))
  vi.stubEnv('UPDATE_GOLDENS', '')
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(directory, { recursive: true })
})

test('an equal text passes, another one fails and says how to accept it', () => {
  const file = path.join(directory, 'a.out.yaml')
  writeFileSync(file, 'a: 1\r\n')
  expectGolden(file, 'a: 1')
  expect(() => expectGolden(file, 'a: 2')).toThrow('UPDATE_GOLDENS=1')
})

test('a missing golden fails, unless it is to be written', () => {
  const file = path.join(directory, 'new/b.out.yaml')
  expect(() => expectGolden(file, 'b')).toThrow('there is no golden')
  vi.stubEnv('UPDATE_GOLDENS', '1')
  expectGolden(file, 'b')
  expect(readFileSync(file, 'utf8')).toBe('b\n')
})
