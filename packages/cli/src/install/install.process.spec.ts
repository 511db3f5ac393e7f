import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'

const MESHCTL = fileURLToPath(new URL('../../bin/meshctl.mjs', import.meta.url))
const EVERYTHING =
  'crd,clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingwebhookconfigurations,serviceaccounts,roles,rolebindings,configmaps,secrets,services,deployments,poddisruptionbudgets'

interface Item {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly resourceVersion: string
    readonly labels?: Record<string, string>
  }
}

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

const obstacle = apiServerObstacle()

describe.skipIf(obstacle !== null)(
  `installing on a real API server${obstacle === null ? '' : ` (${obstacle})`}`,
  { timeout: 180_000 },
  () => {
    let server: TestApiServer
    let folder: string

    beforeAll(async () => {
      server = await TestApiServer.start()
      folder = mkdtempSync(join(tmpdir(), 'meshwork-install-'))
    })

    afterAll(async () => {
      await server?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    })

    function meshctl(...args: readonly string[]): Promise<Ran> {
      return new Promise(resolve => {
        const options = { cwd: folder, env: { ...process.env, KUBECONFIG: server.kubeconfig, NO_COLOR: '1' }, maxBuffer: 2 ** 26 }
        const child = execFile(process.execPath, [MESHCTL, ...args], options, (_, out, err) =>
          resolve({ code: child.exitCode ?? -1, out, err }),
        )
      })
    }

    /** Without kubelets nothing becomes ready. */
    function install(...args: readonly string[]): Promise<Ran> {
      return meshctl('install', '-y', '--readiness-timeout', '0s', ...args)
    }

    async function objects(): Promise<readonly Item[]> {
      const { items }: { items: readonly Item[] } = JSON.parse(await server.kubectl(['get', EVERYTHING, '-A', '-o', 'json']))
      return items
    }

    async function state(): Promise<readonly string[]> {
      const found = await objects()
      return found
        .map(({ kind, metadata }) => `${kind}/${metadata.namespace ?? ''}/${metadata.name} ${metadata.resourceVersion}`)
        .toSorted()
    }

    test('[journey-4] --dry-run --diff lists objects, rights, images and requests, and changes nothing', async () => {
      const before = await state()
      const { code, out } = await meshctl('install', '--dry-run', '--diff', '--profile', 'demo')
      expect(code).toBe(0)
      expect(out).toMatch(/CustomResourceDefinition +62 created/)
      expect(out).toMatch(/Deployment +6 created/)
      expect(out).toContain('ClusterRole istio-citadel-istio-system: create tokenreviews of authentication.k8s.io')
      expect(out).toContain('ghcr.io/meshwork/pilot:')
      expect(out).toMatch(/Requested: \d+ m CPU, \d+ MiB of memory/)
      expect(out).toContain('+ Deployment istio-system/istiod')
      expect(out).toContain('Nothing was changed.')
      expect(await state()).toEqual(before)
    })

    test('without a terminal and without -y it asks for the answer and changes nothing', async () => {
      const before = await state()
      const { code, err } = await meshctl('install')
      expect(code).toBe(2)
      expect(err).toContain('add -y to go ahead without a question')
      expect(await state()).toEqual(before)
    })

    test('[journey-6] kubectl applies the manifest, a second time without a change; install then finds nothing to do', async () => {
      await server.kubectl(['create', 'namespace', 'istio-system'])
      const { out } = await meshctl('manifest', 'generate')
      await server.kubectl(['apply', '-f', '-'], out)
      const before = await state()
      await server.kubectl(['apply', '-f', '-'], out)
      expect(await state()).toEqual(before)
      const { out: text } = await install('--diff')
      expect(text).toContain('86 unchanged')
      expect(text).toContain('No differences.')
      expect(text).toContain('meshctl check')
    })

    test('a second install changes nothing at all', async () => {
      const before = await state()
      const { err } = await install()
      expect(err).toMatch(/✔ base: 62 unchanged\n✔ citadel: 8 unchanged\n✔ pilot: \d+ unchanged\n✔ gateways: 4 unchanged/)
      expect(await state()).toEqual(before)
    })

    test('values change objects, told field by field; what a profile no longer has goes', async () => {
      const { out } = await install('--diff', '--set', 'pilot.replicaCount=2')
      expect(out).toContain('Deployment istio-system/istiod\n  ~ spec.replicas: 1 -> 2')
      const { err } = await install('--profile', 'minimal')
      expect(err).toContain('✔ 4 objects of an earlier installation removed')
      expect((await objects()).filter(({ metadata }) => metadata.name === 'istio-ingressgateway')).toEqual([])
    })

    test('what does not become ready is named; the next run goes on where the last one stopped', async () => {
      const values = ['--profile', 'minimal', '--set', 'pilot.replicaCount=3']
      // Nothing runs pods here.
      const { code, err } = await meshctl('install', '-y', '--readiness-timeout', '1s', ...values)
      expect(err).toMatch(/NOT_READY: citadel is not ready after 1 s: Deployment istio-system\/istio-citadel: nobody has looked at it yet/)
      expect(code).toBe(3)
      const replicas = (): Promise<string> =>
        server.kubectl(['get', 'deployment', 'istiod', '-n', 'istio-system', '-o', 'jsonpath={.spec.replicas}'])
      expect(await replicas()).toBe('1')
      expect((await install(...values)).err).toMatch(/^going on with the installation of .* that was interrupted/)
      expect(await replicas()).toBe('3')
      expect((await install(...values)).err).not.toContain('going on')
    })

    test('a second revision shares what the first has, and goes alone', async () => {
      const { code } = await install('--set', 'revision=canary')
      expect(code).toBe(0)
      const canary = (await objects())
        .filter(({ metadata }) => metadata.labels?.['istio.io/rev'] === 'canary')
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      expect(canary).toContain('Deployment istiod-canary')
      expect(canary).toContain('MutatingWebhookConfiguration istio-sidecar-injector-canary')
      expect(canary.filter(name => name.includes('citadel') || name.includes('gateway'))).toEqual([])
      const removed = await meshctl('uninstall', '--revision', 'canary', '-y')
      expect(removed.out).toContain('0 left.')
      const left = (await objects()).filter(({ metadata }) => metadata.labels?.['istio.io/rev'] === 'canary')
      expect(left).toEqual([])
      expect(await server.kubectl(['get', 'deployment', '-n', 'istio-system', '-o', 'name'])).toContain('deployment.apps/istiod\n')
    })

    test('an upgrade goes by a revision beside the old one, can be left, promoted and finished; values stay', async () => {
      await install('--profile', 'minimal', '--set', 'pilot.logLevel=debug')
      const upgrade = (step: string, ...args: readonly string[]): Promise<Ran> =>
        meshctl('upgrade', step, ...args, ...(step === 'status' ? [] : ['--readiness-timeout', '0s']))
      const injectors = async (): Promise<string> =>
        server.kubectl(['get', 'mutatingwebhookconfigurations', '-o', 'name', '-l', 'app.kubernetes.io/part-of=istio'])
      const injector = 'mutatingwebhookconfiguration.admissionregistration.k8s.io'
      expect((await upgrade('promote')).err).toContain('NO_UPGRADE')
      const before = await state()
      expect((await upgrade('start', '--to', 'next')).code).toBe(0)
      expect((await upgrade('status')).out).toContain('default -> next: started')
      expect((await upgrade('start', '--to', 'other')).err).toContain('an upgrade from default to next is under way')
      expect((await upgrade('finish')).err).toContain('NOT_PROMOTED')
      expect((await upgrade('rollback')).out).toContain('Revision next is gone')
      const names = (lines: readonly string[]): readonly string[] => lines.map(line => line.replace(/ \d+$/, ''))
      expect(names(await state())).toEqual(names(before))
      await upgrade('start', '--to', 'next')
      expect((await upgrade('promote')).code).toBe(0)
      expect(await injectors()).toBe(`${injector}/istio-revision-tag-default\n${injector}/istio-sidecar-injector-next\n`)
      expect((await upgrade('finish')).out).toContain('Revision next is the control plane; default is gone.')
      expect((await server.kubectl(['get', 'deployments', '-n', 'istio-system', '-o', 'name'])).trim().split('\n')).toEqual([
        'deployment.apps/istio-citadel',
        'deployment.apps/istiod-next',
      ])
      const level = '{.spec.template.spec.containers[0].env[?(@.name=="MESHWORK_LOG_LEVEL")].value}'
      expect(await server.kubectl(['get', 'deployment', 'istiod-next', '-n', 'istio-system', '-o', `jsonpath=${level}`])).toBe('debug')
      expect((await meshctl('upgrade', '--revision', 'next', '-y', '--readiness-timeout', '0s', '--diff')).out).toContain('No differences.')
    })

    test('uninstall --purge writes the configuration of users to a file and leaves nothing', async () => {
      const route = {
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: 'reviews', namespace: 'default', labels: { team: 'a' } },
        spec: { hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews' } }] }] },
      }
      // Nobody answers the webhook here.
      await server.kubectl(['delete', 'validatingwebhookconfiguration', '--all'])
      await server.kubectl(['apply', '-f', '-'], JSON.stringify(route))
      const root = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'istio-ca-root-cert', namespace: 'default', labels: { 'app.kubernetes.io/managed-by': 'meshwork' } },
      }
      await server.kubectl(['apply', '-f', '-'], JSON.stringify(root))
      const { code, out } = await meshctl('uninstall', '--purge', '-y')
      expect(out).toContain('0 left.')
      expect(code).toBe(0)
      const [file = ''] = readdirSync(folder).filter(name => name.startsWith('meshwork-configuration-'))
      expect(parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map(document => document.toJS() as unknown)).toEqual([route])
      const left = (await objects()).filter(({ kind, metadata }) =>
        /istio|meshwork/.test(`${kind} ${metadata.name} ${JSON.stringify(metadata.labels ?? {})}`),
      )
      expect(left).toEqual([])
      expect((await meshctl('uninstall', '--purge', '-y')).out).toContain('0 left.')
    })

    describe('beside what belongs to others', () => {
      const THEIRS = [
        // Kinds, a role and a webhook as an Istio that was installed by Helm has them.
        foreign('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'gateways.networking.istio.io', {
          spec: {
            group: 'networking.istio.io',
            scope: 'Namespaced',
            names: { kind: 'Gateway', plural: 'gateways', singular: 'gateway', listKind: 'GatewayList' },
            versions: [
              {
                name: 'v1',
                served: true,
                storage: true,
                schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
              },
            ],
          },
        }),
        foreign('rbac.authorization.k8s.io/v1', 'ClusterRole', 'istiod-clusterrole-istio-system', { rules: [] }),
        foreign('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'istio-sidecar-injector', { webhooks: [] }),
        foreign('v1', 'ConfigMap', 'istio', { data: { mesh: 'theirs: true' } }, 'mesh-one'),
      ]

      function theirs(): Promise<string> {
        return server.kubectl([
          'get',
          'crd/gateways.networking.istio.io',
          'clusterrole/istiod-clusterrole-istio-system',
          'mutatingwebhookconfiguration/istio-sidecar-injector',
          '-o',
          'json',
          '--show-managed-fields',
        ])
      }

      test('names the owners and changes nothing; beside them, all of theirs stays byte by byte', async () => {
        await server.kubectl(['create', 'namespace', 'mesh-one'])
        await server.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: THEIRS }))
        const before = [await state(), await theirs()]
        const refused = await install('--namespace', 'mesh-one')
        expect(refused.err).toMatch(
          /OBJECTS_OF_OTHERS.*nothing was changed: ConfigMap mesh-one\/istio \(Helm release istio \(istio-system\)\)/,
        )
        expect([refused.code, await state()]).toEqual([3, before[0]])
        const { code, err, out } = await install('--namespace', 'mesh-two')
        expect([err, code]).toEqual([expect.stringContaining('✔ base: 61 created, 1 left to their owners'), 0])
        expect(out).toContain('1 definitions belong to Helm release istio (istio-system) and are used as they are')
        expect(await theirs()).toBe(before[1])
        const purged = await meshctl('uninstall', '--purge', '-y', '--namespace', 'mesh-two')
        expect(purged.out).toContain('0 left.')
        expect(await theirs()).toBe(before[1])
        expect(await state()).toEqual(before[0])
      })
    })
  },
)

function foreign(apiVersion: string, kind: string, name: string, content: object, namespace?: string): object {
  const annotations = { 'meta.helm.sh/release-name': 'istio', 'meta.helm.sh/release-namespace': 'istio-system' }
  const labels = { 'app.kubernetes.io/managed-by': 'Helm' }
  return { apiVersion, kind, metadata: { name, annotations, labels, ...(namespace !== undefined && { namespace }) }, ...content }
}
