import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CheckResult } from '../../check/check.ts'
import type { VerifiedObject } from '../../install/verify-install.ts'
import { runMeshctl } from '../../main.ts'

const obstacle = apiServerObstacle()

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

describe.skipIf(obstacle !== null)(
  `an installation on a real API server${obstacle === null ? '' : ` (${obstacle})`}`,
  { timeout: 180_000 },
  () => {
    let server: TestApiServer

    beforeAll(async () => {
      server = await TestApiServer.start()
    })

    afterAll(async () => {
      await server?.[Symbol.asyncDispose]()
    })

    async function meshctl(...args: readonly string[]): Promise<Ran> {
      let out = ''
      let err = ''
      const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text), color: false }
      return { code: await runMeshctl([...args, '--kubeconfig', server.kubeconfig], io), out, err }
    }

    async function verify(...args: readonly string[]): Promise<{ code: number; wrong: readonly VerifiedObject[]; count: number }> {
      const { code, out } = await meshctl('verify', '-o', 'json', ...args)
      const { objects }: { objects: readonly VerifiedObject[] } = JSON.parse(out)
      return { code, wrong: objects.filter(({ state }) => state !== 'same'), count: objects.length }
    }

    it('is nothing to verify before meshctl install', async () => {
      const { code, err } = await meshctl('verify')
      expect(code).toBe(3)
      expect(err).toContain('meshctl has installed no revision default into istio-system')
    })

    it('is as installed, and passes the checks that need no nodes', async () => {
      expect((await meshctl('install', '-y', '--readiness-timeout', '0s')).code).toBe(0)
      const { code, wrong, count } = await verify()
      expect(wrong).toEqual([])
      expect(count).toBeGreaterThan(80)
      expect(code).toBe(0)
      const { out } = await meshctl('check', '-o', 'json')
      const { checks }: { checks: readonly CheckResult[] } = JSON.parse(out)
      const failed = checks.filter(({ outcome }) => outcome === 'error' || outcome === 'warning').map(({ name }) => name)
      // Nobody runs: there are no nodes and no controllers. All that meshctl itself wrote is right.
      expect(failed.toSorted()).toEqual(NOT_RUNNING.toSorted())
    })

    it('tells what was changed by hand, what is missing and what is left over', async () => {
      await server.kubectl(['-n', 'istio-system', 'set', 'image', 'deployment/istiod', '*=example.org/pilot:evil'])
      await server.kubectl(['-n', 'istio-system', 'delete', 'serviceaccount', 'istio-citadel'])
      const labels = 'app.kubernetes.io/managed-by=meshwork,app.kubernetes.io/part-of=istio,install.meshwork.dev/component=pilot'
      await server.kubectl(['-n', 'istio-system', 'create', 'configmap', 'old'])
      const home = 'install.meshwork.dev/namespace=istio-system,istio.io/rev=default'
      await server.kubectl(['-n', 'istio-system', 'label', 'configmap', 'old', ...`${labels},${home}`.split(',')])
      const { code, wrong } = await verify()
      expect(code).toBe(1)
      expect(wrong).toEqual([
        { object: 'ServiceAccount istio-system/istio-citadel', state: 'missing', changes: [] },
        {
          object: 'Deployment istio-system/istiod',
          state: 'changed',
          changes: [expect.stringMatching(/image: "example\.org\/pilot:evil" -> /)],
        },
        { object: 'ConfigMap istio-system/old', state: 'extra', changes: [] },
      ])
      const { out } = await meshctl('verify')
      expect(out).toContain('✘ ServiceAccount istio-system/istio-citadel: missing')
      expect(await server.kubectl(['-n', 'istio-system', 'get', 'deployment', 'istiod', '-o', 'yaml'])).toContain('example.org/pilot:evil')
    })

    it('is compared with a manifest of whoever installed it', async () => {
      const file = join(server.kubeconfig, '..', 'manifest.yaml')
      writeFileSync(file, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: old, namespace: istio-system}\ndata: {key: "yes"}\n')
      expect(await verify('-f', file)).toEqual({
        code: 1,
        count: 1,
        wrong: [{ object: 'ConfigMap istio-system/old', state: 'changed', changes: ['+ data: {"key":"yes"}'] }],
      })
    })
  },
)

const NOT_RUNNING: readonly string[] = [
  'citadel-answers',
  'citadel-endpoints',
  'cluster-dns',
  'deployments-available',
  'gateways-address',
  'gateways-endpoints',
  'injector-ca-bundle',
  'injector-reachable',
  'nodes-ready',
  'pilot-answers',
  'pilot-endpoints',
  'root-in-all-namespaces',
  'root-published',
  'validator-ca-bundle',
]
