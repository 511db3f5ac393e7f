import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

const MESHCTL = fileURLToPath(new URL('../../../packages/cli/bin/meshctl.mjs', import.meta.url))
// A terminal escape sequence.
// oxlint-disable-next-line no-control-regex
const COLOUR = /\u001b\[/

interface Run {
  readonly status: number | null
  readonly out: string
  readonly err: string
  readonly ms: number
}

function meshctl(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Run {
  const begin = performance.now()
  const done = spawnSync(process.execPath, [MESHCTL, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', ...environment },
  })
  return { status: done.status, out: done.stdout, err: done.stderr, ms: performance.now() - begin }
}

it('[journey-1] tells its version within two seconds, without a cluster, and what to do next', () => {
  const run = meshctl(['version'])
  expect(run.status).toBe(0)
  expect(run.out).toMatch(/\d+\.\d+\.\d+/)
  expect(run.out + run.err).toMatch(/meshctl local up/)
  expect(run.ms).toBeLessThan(2000)
})

it('[journey-61] answers a typo with one line: code, probable intent, next command', () => {
  for (const args of [
    ['versoin'],
    ['local', 'upp'],
    ['local', 'status', '--state-dir', '/nonexistent/mesh'],
    ['local', 'up', '--fil', 'x'],
  ]) {
    const run = meshctl(args)
    expect(run.status, args.join(' ')).not.toBe(0)
    expect(run.err, args.join(' ')).toMatch(/[A-Z]+_[A-Z_]+/)
    expect(run.err, args.join(' ')).toMatch(/next:|did you mean/)
    expect(run.err, args.join(' ')).not.toMatch(/\n\s+at /)
  }
})

it('[journey-62] writes plain text into a pipe and under NO_COLOR, and JSON on request', () => {
  expect(meshctl(['version'], { NO_COLOR: '1' }).out).not.toMatch(COLOUR)
  expect(meshctl(['--help'], { NO_COLOR: '1', FORCE_COLOR: '' }).out).not.toMatch(COLOUR)
  const document: unknown = JSON.parse(meshctl(['version', '-o', 'json']).out)
  expect(document).toMatchObject({ kind: expect.any(String) })
  expect(meshctl(['version', '-o', 'nonsense']).status).not.toBe(0)
})
