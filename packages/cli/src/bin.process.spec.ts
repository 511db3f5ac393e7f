import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const BIN = fileURLToPath(new URL('../bin/meshctl.mjs', import.meta.url))

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

function meshctl(args: readonly string[], env: Readonly<Record<string, string>> = {}, node: string = process.execPath): Promise<Ran> {
  return new Promise(resolve => {
    const child = execFile(node, [BIN, ...args], { env: { ...process.env, FORCE_COLOR: '', ...env } }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

describe('meshctl', () => {
  it('runs under the Node that the user has, or brings its own', async () => {
    // What npm itself ran on: Node 20 for a newcomer, ours when the suite was started by hand.
    const { code, out, err } = await meshctl(['version', '-o', 'json'], {}, process.env['npm_node_execpath'] ?? process.execPath)
    expect(err).toBe('')
    expect(code).toBe(0)
    expect(Number(/"node": ?"v?(\d+)/.exec(out)?.[1])).toBeGreaterThanOrEqual(24)
  })

  it('answers version in less than two seconds, with the next step', async () => {
    const started = performance.now()
    const { code, out } = await meshctl(['version'])
    expect(performance.now() - started).toBeLessThan(2000)
    expect(code).toBe(0)
    expect(out).toMatch(/^meshctl \d+\.\d+\.\d+ .*\n\nNext:\n {2}meshctl demo/)
  })

  it('writes plain text into a pipe and with NO_COLOR', async () => {
    const { out, err } = await meshctl(['version', '--help'], { NO_COLOR: '1' })
    expect(out + err).not.toContain('\u001b[')
    expect((await meshctl(['lokal'])).err).not.toContain('\u001b[')
    expect((await meshctl(['lokal'], { CI: 'true' })).err).not.toContain('\u001b[')
  })

  it.each([
    [['lokal'], 2, "error UNKNOWN_COMMAND: 'meshctl' has no command 'lokal', did you mean 'local'?; next: meshctl local --help\n"],
    [
      ['local', 'status', '--state-dir', '/nowhere/at/all'],
      3,
      'error NO_MESH: no local mesh is running with state in /nowhere/at/all; next: start one with',
    ],
    [['proxy-config', 'routes'], 2, 'error USAGE: a workload is needed'],
    [['proxy-status', '--pilot', '127.0.0.1:9'], 3, 'error NO_ANSWER: pilot did not answer at http://127.0.0.1:9/debug/syncz'],
  ])('%j ends with %d and one line', async (args, code, line) => {
    const ran = await meshctl(args)
    expect(ran.code).toBe(code)
    expect(ran.out).toBe('')
    expect(ran.err.startsWith(line), ran.err).toBe(true)
    expect(ran.err.trimEnd().split('\n')).toHaveLength(1)
  })

  it('has nothing to stop where nothing runs', async () => {
    expect(await meshctl(['local', 'down', '--state-dir', '/nowhere/at/all'])).toMatchObject({
      code: 0,
      out: 'no local mesh is running here\n',
    })
  })
})
