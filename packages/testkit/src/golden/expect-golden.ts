import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'

/** With this variable set to `1`, goldens are written instead of compared: `UPDATE_GOLDENS=1 npm test`. */
const UPDATE = 'UPDATE_GOLDENS'

/**
 * Compares a text with a file that holds what it should be. `file` is absolute, mostly `testdata/<case>.out.yaml` beside the test.
 * Line ends and a missing end of the last line do not count.
 */
export function expectGolden(file: string, text: string): void {
  const actual = normal(text)
  if (process.env[UPDATE] === '1') {
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, actual)
    return
  }
  expect(actual, `differs from ${file}; run with ${UPDATE}=1 to accept`).toBe(normal(readGolden(file)))
}

function readGolden(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`there is no golden ${file}; run with ${UPDATE}=1 to make it`, { cause })
  }
}

function normal(text: string): string {
  return `${text.replaceAll('\r\n', '\n').trimEnd()}\n`
}
