import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'

const MESHCTL = fileURLToPath(new URL('../../bin/meshctl.mjs', import.meta.url))

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshwork-profiles-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function meshctl(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise(resolve => {
    const options = { cwd: folder, env: { ...process.env, KUBECONFIG: join(folder, 'none'), NO_COLOR: '1' }, maxBuffer: 2 ** 26 }
    const child = execFile(process.execPath, [MESHCTL, ...args], options, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

test('[journey-8] values by file and --set, printed as they take effect; profiles compared; a typo names the nearest', async () => {
  writeFileSync(join(folder, 'values.yaml'), 'pilot: {autoscaleMax: 9}\ngateways: {mine: {enabled: true}}\n')
  const shown = await meshctl(
    'profile',
    'show',
    'prod',
    '-f',
    'values.yaml',
    '--set',
    'pilot.autoscaleMin=3',
    '-s',
    'meshConfig.accessLogFile=/dev/stdout',
  )
  expect(shown.code).toBe(0)
  expect(parse(shown.out)).toMatchObject({
    pilot: { autoscaleMin: 3, autoscaleMax: 9, autoscaleEnabled: true },
    meshConfig: { accessLogFile: '/dev/stdout' },
    gateways: { mine: { enabled: true } },
  })
  // What is printed can be given back.
  writeFileSync(join(folder, 'all.yaml'), shown.out)
  expect((await meshctl('profile', 'show', 'default', '-f', 'all.yaml')).out).toBe(shown.out)
  const diff = await meshctl('profile', 'diff', 'default', 'prod')
  expect(diff.code).toBe(1)
  expect(diff.out).toContain('~ pilot.autoscaleMin: 1 -> 2\n')
  expect((await meshctl('profile', 'diff', 'prod', 'prod')).code).toBe(0)
  const listed: { profiles: readonly { name: string }[] } = JSON.parse((await meshctl('profile', 'list', '-o', 'json')).out)
  expect(listed.profiles.map(({ name }) => name)).toEqual(['default', 'demo', 'laptop', 'minimal', 'prod'])
  const wrong = await meshctl('install', '-y', '--set', 'global.hbu=x')
  expect(wrong.err).toMatch(/^error VALUES_INVALID: there is no value global\.hbu; did you mean global\.hub\?/)
  expect(wrong.code).toBe(3)
})

test('no kubeconfig is one sentence with a next step, after the values were found right', async () => {
  const { code, err } = await meshctl('install', '-y')
  expect(err).toMatch(/^error KUBECONFIG_UNUSABLE: there is no kubeconfig .*next: name one with --kubeconfig/)
  expect(code).toBe(3)
})
