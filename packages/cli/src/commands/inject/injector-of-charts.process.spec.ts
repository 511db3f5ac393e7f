import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const MESHCTL = fileURLToPath(new URL('../../../bin/meshctl.mjs', import.meta.url))
const POD = `apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: example.test/web}]}
`

const folder = mkdtempSync(join(tmpdir(), 'meshwork-no-cluster-'))
writeFileSync(join(folder, 'app.yaml'), POD)
writeFileSync(join(folder, 'values.yaml'), 'global: {hub: registry.example/mesh, tag: from-file}\n')
afterAll(() => rmSync(folder, { recursive: true }))

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** On a machine without any kubeconfig. */
function meshctl(...args: readonly string[]): Promise<Ran> {
  return new Promise(resolve => {
    const { KUBECONFIG: _, ...rest } = process.env
    const options = { cwd: folder, env: { ...rest, HOME: folder, NO_COLOR: '1' }, maxBuffer: 2 ** 24 }
    const child = execFile(process.execPath, [MESHCTL, ...args], options, (__, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    )
  })
}

test('inject -f needs no cluster: it does what an installation with the same values would, and says so', async () => {
  const plain = await meshctl('inject', '-f', 'app.yaml')
  expect(plain.err).toBe(
    'configuration of the charts of meshctl with default values, because there is no kubeconfig\npod/web: injected (the policy of the injector is enabled)\n',
  )
  expect(plain.out).toContain('name: istio-proxy')
  const valued = await meshctl('inject', '-f', 'app.yaml', '--values', 'values.yaml', '--set', 'global.tag=v2', '--revision', 'canary')
  expect(valued.err).toMatch(/^configuration of the charts of meshctl with the values given\n/)
  expect(valued.out).toContain('image: registry.example/mesh/proxy:v2')
  expect(valued.out).toContain('istiod-canary.istio-system.svc')
  const json: unknown = JSON.parse((await meshctl('inject', '-f', 'app.yaml', '-o', 'json')).out)
  expect(json).toMatchObject({
    configuration: expect.stringContaining('charts of meshctl'),
    report: [{ object: 'pod/web', action: 'injected' }],
  })
})

test('values that cannot be are told, with the nearest; a kubeconfig that is named must be there', async () => {
  expect(await meshctl('inject', '-f', 'app.yaml', '--set', 'global.hbu=x')).toMatchObject({
    code: 3,
    err: expect.stringContaining('there is no value global.hbu; did you mean global.hub?'),
  })
  expect(await meshctl('inject', '-f', 'app.yaml', '--kubeconfig', 'nowhere')).toMatchObject({
    err: expect.stringContaining('KUBECONFIG_UNUSABLE'),
  })
  expect(await meshctl('inject', '-f', 'app.yaml', '--injection-config', '.', '--set', 'a=b')).toMatchObject({
    err: expect.stringContaining('--injection-config is a whole configuration'),
  })
})
