import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CheckResult } from '../../check/check.ts'
import { runMeshctl } from '../../main.ts'

const obstacle = apiServerObstacle()

const READY_NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1' },
  status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { operatingSystem: 'linux', architecture: 'amd64' } },
}
const DNS = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kube-dns', namespace: 'kube-system' },
  spec: { ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] },
}
/** What another installation of Istio by Helm leaves in a cluster. */
const FOREIGN_HOOK = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'MutatingWebhookConfiguration',
  metadata: {
    name: 'istio-sidecar-injector',
    annotations: { 'meta.helm.sh/release-name': 'istiod', 'meta.helm.sh/release-namespace': 'istio-elsewhere' },
  },
  webhooks: [
    {
      name: 'rev.namespace.sidecar-injector.istio.io',
      clientConfig: { service: { name: 'istiod', namespace: 'istio-elsewhere', path: '/inject' } },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      namespaceSelector: { matchLabels: { 'istio-injection': 'enabled' } },
      failurePolicy: 'Fail',
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
    },
  ],
}

interface Checked {
  readonly code: number
  readonly err: string
  readonly checks: readonly CheckResult[]
}

describe.skipIf(obstacle !== null)(`meshctl check on a real API server${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let server: TestApiServer

  beforeAll(async () => {
    server = await TestApiServer.start()
  })

  afterAll(async () => {
    await server?.[Symbol.asyncDispose]()
  })

  async function check(args: readonly string[], kubeconfig = server.kubeconfig): Promise<Checked> {
    let out = ''
    let err = ''
    const io = { out: (text: string) => void (out += text), err: (text: string) => void (err += text), color: false }
    const code = await runMeshctl(['check', '-o', 'json', '--kubeconfig', kubeconfig, ...args], io)
    const report: { checks: readonly CheckResult[] } = JSON.parse(out)
    return { code, err, checks: report.checks }
  }

  const wrong = ({ checks }: Checked): readonly string[] =>
    checks.filter(({ outcome }) => outcome === 'error' || outcome === 'warning').map(({ name }) => name)
  const problemsOf = ({ checks }: Checked, name: string): readonly string[] => checks.find(each => each.name === name)?.problems ?? []

  it('--pre finds what an empty cluster lacks, and says yes when it is there [journey-3]', async () => {
    const empty = await check(['--pre'])
    expect(wrong(empty)).toEqual(['nodes-ready', 'cluster-dns'])
    expect(empty.code).toBe(1)
    await server.kubectl(
      ['create', '--validate=false', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [READY_NODE, DNS] }),
    )
    const ready = await check(['--pre'])
    expect(wrong(ready)).toEqual([])
    expect(ready.checks.filter(({ outcome }) => outcome === 'skipped')).toEqual([])
    expect(ready.checks.length).toBeGreaterThan(40)
    expect(ready.code).toBe(0)
    let text = ''
    const io = { out: (part: string) => void (text += part), err: () => undefined, color: false }
    expect(await runMeshctl(['check', '--pre', '--kubeconfig', server.kubeconfig], io)).toBe(0)
    const lines = text.split('\n').filter(line => line.startsWith('  '))
    expect(lines.every(line => line.startsWith('  ✔ '))).toBe(true)
    expect(text).toMatch(
      /^kubernetes-api\n {2}✔ the API server answers\n[\s\S]*\nrights\n[\s\S]*\n✔ \d+ right, 0 warnings, 0 wrong: https:/,
    )
  })

  it('tells reason, remedy and code of what is wrong [journey-3]', async () => {
    let text = ''
    const io = { out: (part: string) => void (text += part), err: () => undefined, color: false }
    expect(await runMeshctl(['check', '--kubeconfig', server.kubeconfig], io)).toBe(1)
    expect(text).toMatch(
      / {2}✘ pilot is deployed \[MC0702\]\n {6}there is no Deployment istiod in istio-system\n {6}why: .+\n {6}do: {2}meshctl install/,
    )
  })

  it('--pre names each right that an account has not', async () => {
    await server.kubectl(['create', 'serviceaccount', 'nobody'])
    const token = (await server.kubectl(['create', 'token', 'nobody'])).trim()
    const limited = join(server.kubeconfig, '..', 'limited')
    writeFileSync(limited, readFileSync(server.kubeconfig, 'utf8').replaceAll(server.token, token))
    const { code, checks, ...rest } = await check(['--pre'], limited)
    const missing = checks.filter(({ group, outcome }) => group === 'rights' && outcome === 'error')
    expect(missing).toHaveLength(18)
    expect(problemsOf({ code, checks, ...rest }, 'can-create-deployments')).toEqual([
      'no right to create deployments.apps in namespace istio-system',
    ])
    expect(checks.find(({ name }) => name === 'nodes-ready')).toMatchObject({
      outcome: 'skipped',
      problems: [expect.stringContaining('forbidden')],
    })
    expect(code).toBe(1)
  })

  it('without a mesh says what is missing', async () => {
    const checked = await check([])
    expect(wrong(checked)).toEqual(
      expect.arrayContaining(['namespace-exists', 'pilot-deployed', 'citadel-deployed', 'injector-configured', 'root-published']),
    )
    expect(problemsOf(checked, 'pilot-deployed')).toEqual(['there is no Deployment istiod in istio-system'])
    expect(problemsOf(checked, 'injector-reachable')).toEqual([expect.stringContaining('port 15017')])
    expect(checked.code).toBe(1)
  })

  it('--pre names the owner of a foreign injector, and changes nothing', async () => {
    await server.kubectl(['create', '-f', '-'], JSON.stringify(FOREIGN_HOOK))
    const before = await server.kubectl(['get', 'mutatingwebhookconfigurations', '-o', 'yaml'])
    const checked = await check(['--pre'])
    expect(problemsOf(checked, 'injector-owner')).toEqual([
      'MutatingWebhookConfiguration istio-sidecar-injector belongs to Helm release istiod (istio-elsewhere)',
    ])
    expect(problemsOf(checked, 'webhooks-have-services')).toEqual([
      'istio-sidecar-injector calls istio-elsewhere/istiod, which is not there',
    ])
    expect(await server.kubectl(['get', 'mutatingwebhookconfigurations', '-o', 'yaml'])).toBe(before)
  })

  it('tells a cluster that does not answer from a mesh that is broken', async () => {
    await server.crash()
    const checked = await check([])
    expect(wrong(checked)).toEqual(['api-reachable'])
    expect(checked.code).toBe(1)
  })
})
