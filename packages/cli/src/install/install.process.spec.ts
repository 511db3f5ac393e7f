import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiServerObstacle, InstallBench } from '@meshwork/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'

const obstacle = apiServerObstacle()

describe.skipIf(obstacle !== null)(
  `installing on a real API server${obstacle === null ? '' : ` (${obstacle})`}`,
  { timeout: 180_000 },
  () => {
    let bench: InstallBench

    beforeAll(async () => {
      bench = await InstallBench.start()
    })

    afterAll(() => bench?.[Symbol.asyncDispose]())

    test('[journey-4] --dry-run --diff lists objects, rights, images and requests, and changes nothing', async () => {
      const before = await bench.state()
      const { code, out } = await bench.meshctl('install', '--dry-run', '--diff', '--profile', 'demo')
      expect(code).toBe(0)
      expect(out).toMatch(/CustomResourceDefinition +62 created/)
      expect(out).toMatch(/Deployment +6 created/)
      expect(out).toContain('ClusterRole istio-citadel-istio-system: create tokenreviews of authentication.k8s.io')
      expect(out).toContain('ghcr.io/meshwork/pilot:')
      expect(out).toMatch(/Requested: \d+ m CPU, \d+ MiB of memory/)
      expect(out).toContain('+ Deployment istio-system/istiod')
      expect(out).toContain('Nothing was changed.')
      expect(await bench.state()).toEqual(before)
    })

    test('without a terminal and without -y it asks for the answer and changes nothing', async () => {
      const before = await bench.state()
      const { code, err } = await bench.meshctl('install')
      expect(code).toBe(2)
      expect(err).toContain('add -y to go ahead without a question')
      expect(await bench.state()).toEqual(before)
    })

    test('[journey-6] kubectl applies the manifest, a second time without a change; verify finds a match, install nothing to do', async () => {
      await bench.kubectl(['create', 'namespace', 'istio-system'])
      const { out } = await bench.meshctl('manifest', 'generate')
      await bench.kubectl(['apply', '-f', '-'], out)
      const before = await bench.state()
      await bench.kubectl(['apply', '-f', '-'], out)
      expect(await bench.state()).toEqual(before)
      const manifest = join(bench.folder, 'mesh.yaml')
      writeFileSync(manifest, out)
      expect(await bench.meshctl('verify', '-f', manifest)).toMatchObject({ code: 0, out: expect.stringMatching(/86 of 86 objects/) })
      await bench.kubectl(['scale', '-n', 'istio-system', 'deployment/istiod', '--replicas=3'])
      expect(await bench.meshctl('verify', '-f', manifest)).toMatchObject({ code: 1, out: expect.stringContaining('spec.replicas') })
      await bench.kubectl(['apply', '-f', '-'], out)
      const { out: text } = await bench.install('--diff')
      expect(text).toContain('86 unchanged')
      expect(text).toContain('No differences.')
      expect(text).toContain('meshctl check')
    })

    test('a second install changes nothing at all', async () => {
      const before = await bench.state()
      const { err } = await bench.install()
      expect(err).toMatch(/✔ base: 62 unchanged\n✔ citadel: 8 unchanged\n✔ pilot: \d+ unchanged\n✔ gateways: 4 unchanged/)
      expect(await bench.state()).toEqual(before)
    })

    test('values change objects, told field by field; what a profile no longer has goes', async () => {
      const { out } = await bench.install('--diff', '--set', 'pilot.replicaCount=2')
      expect(out).toContain('Deployment istio-system/istiod\n  ~ spec.replicas: 1 -> 2')
      const { err } = await bench.install('--profile', 'minimal')
      expect(err).toContain('✔ 4 objects of an earlier installation removed')
      expect((await bench.objects()).filter(({ metadata }) => metadata.name === 'istio-ingressgateway')).toEqual([])
    })

    test('what does not become ready is named; the next run goes on where the last one stopped', async () => {
      const values = ['--profile', 'minimal', '--set', 'pilot.replicaCount=3']
      // Nothing runs pods here.
      const { code, err } = await bench.meshctl('install', '-y', '--readiness-timeout', '1s', ...values)
      expect(err).toMatch(/NOT_READY: citadel is not ready after 1 s: Deployment istio-system\/istio-citadel: nobody has looked at it yet/)
      expect(code).toBe(3)
      const replicas = (): Promise<string> =>
        bench.kubectl(['get', 'deployment', 'istiod', '-n', 'istio-system', '-o', 'jsonpath={.spec.replicas}'])
      expect(await replicas()).toBe('1')
      expect((await bench.install(...values)).err).toMatch(/^going on with the installation of .* that was interrupted/)
      expect(await replicas()).toBe('3')
      expect((await bench.install(...values)).err).not.toContain('going on')
    })

    test('a second revision shares what the first has, and goes alone', async () => {
      const { code } = await bench.install('--set', 'revision=canary')
      expect(code).toBe(0)
      const canary = (await bench.objects())
        .filter(({ metadata }) => metadata.labels?.['istio.io/rev'] === 'canary')
        .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      expect(canary).toContain('Deployment istiod-canary')
      expect(canary).toContain('MutatingWebhookConfiguration istio-sidecar-injector-canary')
      expect(canary.filter(name => name.includes('citadel') || name.includes('gateway'))).toEqual([])
      const removed = await bench.meshctl('uninstall', '--revision', 'canary', '-y')
      expect(removed.out).toContain('0 left.')
      const left = (await bench.objects()).filter(({ metadata }) => metadata.labels?.['istio.io/rev'] === 'canary')
      expect(left).toEqual([])
      expect(await bench.kubectl(['get', 'deployment', '-n', 'istio-system', '-o', 'name'])).toContain('deployment.apps/istiod\n')
    })

    test('uninstall --purge writes the configuration of users to a file and leaves nothing', async () => {
      const route = {
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: 'reviews', namespace: 'default', labels: { team: 'a' } },
        spec: { hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews' } }] }] },
      }
      // Nobody answers the webhook here.
      await bench.kubectl(['delete', 'validatingwebhookconfiguration', '--all'])
      await bench.kubectl(['apply', '-f', '-'], JSON.stringify(route))
      const root = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'istio-ca-root-cert', namespace: 'default', labels: { 'app.kubernetes.io/managed-by': 'meshwork' } },
      }
      await bench.kubectl(['apply', '-f', '-'], JSON.stringify(root))
      const { code, out } = await bench.meshctl('uninstall', '--purge', '-y')
      expect(out).toContain('0 left.')
      expect(code).toBe(0)
      const [file = ''] = readdirSync(bench.folder).filter(name => name.startsWith('meshwork-configuration-'))
      expect(parseAllDocuments(readFileSync(join(bench.folder, file), 'utf8')).map(document => document.toJS() as unknown)).toEqual([route])
      const left = (await bench.objects()).filter(({ kind, metadata }) =>
        /istio|meshwork/.test(`${kind} ${metadata.name} ${JSON.stringify(metadata.labels ?? {})}`),
      )
      expect(left).toEqual([])
      expect((await bench.meshctl('uninstall', '--purge', '-y')).out).toContain('0 left.')
    })

    test('what components make anew while they still run is gone, too, at the end of an uninstall', async () => {
      await bench.install('--profile', 'minimal')
      await bench.kubectl(['delete', 'validatingwebhookconfiguration', '--all'])
      const metadata = { name: 'citadel', namespace: 'istio-system', labels: { app: 'istio-citadel', istio: 'citadel' } }
      const spec = { containers: [{ name: 'citadel', image: 'none' }] }
      await bench.kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata, spec }))
      const root = { name: 'istio-ca-root-cert', namespace: 'default', labels: { 'app.kubernetes.io/managed-by': 'meshwork' } }
      const published = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: root })
      await bench.kubectl(['apply', '-f', '-'], published)
      const removal = bench.meshctl('uninstall', '--purge', '-y')
      await expect.poll(() => bench.kubectl(['get', 'deployments', '-A', '-o', 'name']), { timeout: 30_000 }).toBe('')
      // Its pod has not ended yet: what a citadel does for a namespace that has no root.
      await bench.kubectl(['delete', 'configmap', 'istio-ca-root-cert', '-n', 'default'])
      await bench.kubectl(['create', '-f', '-'], published)
      await bench.kubectl(['delete', 'pod', 'citadel', '-n', 'istio-system', '--now'])
      expect((await removal).out).toContain('0 left.')
      expect(await bench.kubectl(['get', 'configmap', '-n', 'default', '-o', 'name'])).not.toContain('istio-ca-root-cert')
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
        return bench.kubectl([
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
        await bench.kubectl(['create', 'namespace', 'mesh-one'])
        await bench.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: THEIRS }))
        const before = [await bench.state(), await theirs()]
        const refused = await bench.install('--namespace', 'mesh-one')
        expect(refused.err).toMatch(
          /OBJECTS_OF_OTHERS.*nothing was changed: ConfigMap mesh-one\/istio \(Helm release istio \(istio-system\)\)/,
        )
        expect([refused.code, await bench.state()]).toEqual([3, before[0]])
        const { code, err, out } = await bench.install('--namespace', 'mesh-two')
        expect([err, code]).toEqual([expect.stringContaining('✔ base: 61 created, 1 left to their owners'), 0])
        expect(out).toContain('1 definitions belong to Helm release istio (istio-system) and are used as they are')
        expect(await theirs()).toBe(before[1])
        const purged = await bench.meshctl('uninstall', '--purge', '-y', '--namespace', 'mesh-two')
        expect(purged.out).toContain('0 left.')
        expect(await theirs()).toBe(before[1])
        expect(await bench.state()).toEqual(before[0])
      })
    })
  },
)

function foreign(apiVersion: string, kind: string, name: string, content: object, namespace?: string): object {
  const annotations = { 'meta.helm.sh/release-name': 'istio', 'meta.helm.sh/release-namespace': 'istio-system' }
  const labels = { 'app.kubernetes.io/managed-by': 'Helm' }
  return { apiVersion, kind, metadata: { name, annotations, labels, ...(namespace !== undefined && { namespace }) }, ...content }
}
