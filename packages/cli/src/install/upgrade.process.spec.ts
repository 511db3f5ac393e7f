import { apiServerObstacle, InstallBench } from '@meshwork/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'

const INJECTOR = 'mutatingwebhookconfiguration.admissionregistration.k8s.io'
const obstacle = apiServerObstacle()

describe.skipIf(obstacle !== null)(
  `upgrades and tags on a real API server${obstacle === null ? '' : ` (${obstacle})`}`,
  { timeout: 180_000 },
  () => {
    let bench: InstallBench

    beforeAll(async () => {
      bench = await InstallBench.start()
      await bench.install('--profile', 'minimal', '--set', 'pilot.logLevel=debug')
      await bench.kubectl(['wait', '--for=condition=Established', 'crd', '--all'])
    }, 180_000)

    afterAll(() => bench?.[Symbol.asyncDispose]())

    function injectors(): Promise<string> {
      return bench.kubectl(['get', 'mutatingwebhookconfigurations', '-o', 'name', '-l', 'app.kubernetes.io/part-of=istio'])
    }

    function field(what: string, path: string): Promise<string> {
      return bench.kubectl(['get', ...what.split(' '), '-n', 'istio-system', '-o', `jsonpath=${path}`])
    }

    async function names(): Promise<readonly string[]> {
      return (await bench.state()).map(line => line.replace(/ \d+$/, ''))
    }

    test('plan tells what would change by codes, and changes nothing', async () => {
      const settings = ['--set', 'meshConfig.accessLogFile=/dev/stdout', '--set', 'global.proxy.image=proxy-next']
      const before = await bench.state()
      const same = await bench.upgrade('plan')
      expect([same.out, same.code]).toEqual([expect.stringContaining('Nothing changes.'), 0])
      const { out } = await bench.upgrade('plan', '--to', 'next', ...settings)
      expect(out).toContain('default -> next')
      expect(out).toMatch(/\[MU0101\] settings of the mesh change for all proxies\n +[~+] accessLogFile: .*"\/dev\/stdout"/)
      expect(out).toMatch(/\[MU0102\] new pods get a different sidecar\n.*proxy-next/)
      expect(out).toContain('Next: meshctl upgrade start --to next')
      expect(await bench.state()).toEqual(before)
      const { findings } = JSON.parse((await bench.upgrade('plan', '-o', 'json', ...settings)).out)
      expect(findings.map(({ code }: { code: string }) => code)).toEqual(expect.arrayContaining(['MU0101', 'MU0102']))
    })

    test('plan names objects that nobody would read, and versions that are too far apart', async () => {
      const metadata = { name: 'reviews', namespace: 'default', labels: { 'istio.io/rev': 'gone' } }
      const spec = { hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews' } }] }] }
      await bench.kubectl(['delete', 'validatingwebhookconfiguration', '--all'])
      await bench.apply({ apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata, spec })
      await bench.install('--profile', 'minimal', '--set', 'pilot.logLevel=debug')
      expect((await bench.upgrade('plan')).out).toMatch(/\[MU0202\].*\n +VirtualService default\/reviews: gone/)
      await bench.kubectl(['delete', 'virtualservice', 'reviews'])
      const record = ['configmap', 'meshwork-install-default', '-n', 'istio-system']
      const version = await field(record.slice(0, 2).join(' '), '{.data.version}')
      await bench.kubectl(['patch', ...record, '-p', '{"data":{"version":"9.0.0"}}'])
      const { code, out } = await bench.upgrade('plan')
      expect([out, code]).toEqual([expect.stringMatching(/✘ \[MU0002\].*\n +9\.0\.0 runs/), 1])
      expect((await bench.upgrade('start', '--to', 'next')).err).toContain('[MU0002] versions are too far apart')
      expect((await bench.meshctl('upgrade', '-y')).err).toContain('[MU0002] versions are too far apart')
      await bench.kubectl(['patch', ...record, '-p', JSON.stringify({ data: { version } })])
    })

    test('an upgrade goes by a revision beside the old one, can be left, promoted and finished; values stay', async () => {
      expect((await bench.upgrade('promote')).err).toContain('NO_UPGRADE')
      const before = await names()
      const image = await field('deployment istio-citadel', '{.spec.template.spec.containers[0].image}')
      expect((await bench.upgrade('start', '--to', 'next', '--set', 'global.tag=next')).code).toBe(0)
      // Shared by both: it stays what it was.
      expect(await field('deployment istio-citadel', '{.spec.template.spec.containers[0].image}')).toBe(image)
      expect((await bench.upgrade('status')).out).toContain('default -> next: started')
      expect((await bench.upgrade('start', '--to', 'other')).err).toContain('an upgrade from default to next is under way')
      expect((await bench.upgrade('plan', '--to', 'other')).out).toContain('✘ [MU0004]')
      expect((await bench.upgrade('finish')).err).toContain('NOT_PROMOTED')
      expect((await bench.upgrade('rollback')).out).toContain('Revision next is gone')
      expect(await names()).toEqual(before)
      await bench.upgrade('start', '--to', 'next', '--set', 'global.tag=next')
      expect((await bench.upgrade('promote')).code).toBe(0)
      expect(await injectors()).toBe(`${INJECTOR}/istio-revision-tag-default\n${INJECTOR}/istio-sidecar-injector-next\n`)
      expect((await bench.upgrade('finish')).out).toContain('Revision next is the control plane; default is gone.')
      const deployments = await bench.kubectl(['get', 'deployments', '-n', 'istio-system', '-o', 'name'])
      expect(deployments.trim().split('\n')).toEqual(['deployment.apps/istio-citadel', 'deployment.apps/istiod-next'])
      const level = '{.spec.template.spec.containers[0].env[?(@.name=="MESHWORK_LOG_LEVEL")].value}'
      expect(await field('deployment istiod-next', level)).toBe('debug')
      // What was asked for at the start holds for what is taken over, too.
      expect(await field('deployment istio-citadel', '{.spec.template.spec.containers[0].image}')).toMatch(/:next$/)
      const again = await bench.meshctl('upgrade', '--revision', 'next', '-y', '--readiness-timeout', '0s', '--diff')
      expect(again.out).toContain('No differences.')
    })

    test('a tag leads namespaces from one revision to another, outlives upgrades and is not taken away unasked', async () => {
      await bench.install('--profile', 'minimal', '--set', 'revision=canary')
      const labels = { 'istio.io/rev': 'prod' }
      await bench.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels } })
      const tag = (...args: readonly string[]): ReturnType<InstallBench['meshctl']> =>
        bench.meshctl('tag', ...args, ...(args[0] === 'list' ? [] : ['--readiness-timeout', '0s']))
      const before = await bench.state()
      const dry = await tag('set', 'prod', '--revision', 'next', '--dry-run', '-o', 'yaml')
      expect(parseAllDocuments(dry.out).map(document => document.getIn(['metadata', 'name']))).toEqual(['istio-revision-tag-prod'])
      expect(await bench.state()).toEqual(before)
      expect((await tag('set', 'prod', '--revision', 'next')).out).toContain('Restart workloads of shop')
      const service = '{.webhooks[0].clientConfig.service.name}'
      expect(await field('mutatingwebhookconfiguration istio-revision-tag-prod', service)).toBe('istiod-next')
      expect((await tag('set', 'prod', '--revision', 'canary')).err).toContain('TAG_TAKEN')
      expect((await tag('set', 'canary', '--revision', 'next')).err).toContain('TAG_IS_REVISION')
      expect((await tag('set', 'prod', '--revision', 'gone')).err).toContain('NO_RECORD')
      expect((await tag('set', 'prod', '--revision', 'canary', '--overwrite')).out).toContain('and no longer to next')
      // Neither revision brings its own view of the tag back.
      for (const revision of ['next', 'canary']) await bench.meshctl('upgrade', '--revision', revision, '-y', '--readiness-timeout', '0s')
      expect(await field('mutatingwebhookconfiguration istio-revision-tag-prod', service)).toBe('istiod-canary')
      expect((await tag('list')).out).toMatch(/default +next +- +meshctl\nprod +canary +shop +meshctl/)
      expect((await tag('remove', 'prod')).code).toBe(2)
      expect((await tag('remove', 'prod', '-y')).out).toContain('New pods of shop get no sidecar')
      expect((await tag('remove', 'prod', '-y')).err).toContain('TAG_UNKNOWN')
      await bench.meshctl('uninstall', '--revision', 'canary', '-y')
      expect(JSON.parse((await tag('list', '-o', 'json')).out).tags).toEqual([
        { tag: 'default', revision: 'next', namespaces: [], owner: null },
      ])
    })

    test('tags that were moved by hand go back with a rollback', async () => {
      await bench.meshctl('tag', 'set', 'prod', '--revision', 'next', '--readiness-timeout', '0s')
      await bench.upgrade('start', '--to', 'third')
      await bench.meshctl('tag', 'set', 'prod', '--revision', 'third', '--overwrite', '--readiness-timeout', '0s')
      await bench.upgrade('rollback')
      const { tags } = JSON.parse((await bench.meshctl('tag', 'list', '-o', 'json')).out)
      expect(tags).toMatchObject([
        { tag: 'default', revision: 'next' },
        { tag: 'prod', revision: 'next' },
      ])
    })

    test('each step goes on where it was killed', async () => {
      const accounts = '{.spec.template.spec.containers[0].args}'
      const reaches = (path: string, wanted: string) => async () => (await field(path, accounts)).includes(wanted)
      // It waits for citadel, which no node runs here.
      await bench.killedWhen(reaches('deployment istio-citadel', 'istiod-third'), 'upgrade', 'start', '--to', 'third')
      expect((await bench.upgrade('status')).out).toContain('next -> third: started')
      expect(await bench.ofRevision('third')).toEqual([])
      expect((await bench.upgrade('start', '--to', 'third')).code).toBe(0)
      const phase = async (): Promise<string> => field('configmap meshwork-install-third', '{.data.phase}')
      await bench.killedWhen(async () => (await phase()) === 'applying', 'upgrade', 'promote')
      expect((await bench.upgrade('promote')).out).toContain('New pods get sidecars of third')
      expect(await phase()).toBe('installed')
      await bench.killedWhen(async () => (await phase()) === 'applying', 'upgrade', 'finish')
      expect((await bench.upgrade('finish')).out).toContain('Revision third is the control plane; next is gone.')
      expect(await bench.ofRevision('next')).toEqual([])
      expect(await injectors()).toBe(
        `${INJECTOR}/istio-revision-tag-default\n${INJECTOR}/istio-revision-tag-prod\n${INJECTOR}/istio-sidecar-injector-third\n`,
      )
    })

    test('an uninstall that was killed is finished by the next', async () => {
      const held = ['patch', 'configmap', 'istio-third', '-n', 'istio-system', '--type=merge', '-p']
      await bench.kubectl([...held, '{"metadata":{"finalizers":["meshwork.dev/held"]}}'])
      const isLeaving = async (): Promise<boolean> => (await field('configmap istio-third', '{.metadata.deletionTimestamp}')) !== ''
      await bench.killedWhen(isLeaving, 'uninstall', '--purge', '-y')
      await bench.kubectl([...held, '{"metadata":{"finalizers":null}}'])
      const { code, out } = await bench.meshctl('uninstall', '--purge', '-y')
      expect([out, code]).toEqual([expect.stringContaining('0 left.'), 0])
      expect((await bench.objects()).filter(({ kind, metadata }) => /istio|meshwork/.test(`${kind} ${metadata.name}`))).toEqual([])
    })

    test('what Helm installed is not upgraded; meshctl says what to run instead', async () => {
      const annotations = { 'meta.helm.sh/release-name': 'mesh', 'meta.helm.sh/release-namespace': 'by-helm' }
      const labels = { app: 'istiod', 'app.kubernetes.io/managed-by': 'Helm' }
      const metadata = { name: 'istiod', namespace: 'by-helm', annotations, labels }
      const template = { metadata: { labels: { app: 'istiod' } }, spec: { containers: [{ name: 'discovery', image: 'pilot' }] } }
      await bench.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'by-helm' } })
      const spec = { selector: { matchLabels: { app: 'istiod' } }, template }
      await bench.apply({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec })
      const before = await bench.state()
      for (const args of [
        ['upgrade', '-y'],
        ['upgrade', 'plan'],
        ['tag', 'set', 'prod', '--revision', 'default'],
      ]) {
        const { code, err } = await bench.meshctl(...args, '-n', 'by-helm')
        expect([err, code]).toEqual([expect.stringContaining('belongs to Helm release mesh (by-helm); nothing was changed'), 3])
        expect(err).toContain('helm upgrade mesh charts/mesh -n by-helm --reuse-values')
      }
      expect((await bench.upgrade('start', '--to', 'next', '-n', 'by-helm')).code).toBe(3)
      expect(await bench.state()).toEqual(before)
    })
  },
)
