import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createTestCa } from '@meshwork/testkit/ca'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { stringify } from 'yaml'

const BIN = path.resolve(import.meta.dirname, '../../../bin/meshctl.mjs')
const TEMPLATES = path.resolve(import.meta.dirname, '../../../../../charts/mesh/charts/pilot/files')
const CREATED = 201
const FORBIDDEN = 422

type Fields = Readonly<Record<string, unknown>>

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

interface Pod {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>>; readonly labels?: Readonly<Record<string, string>> }
  readonly spec: { readonly initContainers?: readonly Named[]; readonly containers: readonly Named[]; readonly volumes?: readonly Named[] }
}

interface Named {
  readonly name: string
}

const APP = `# the shop, and what it needs
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}   # stays
data: {a: "on"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.test/web}]}   # one container
---
apiVersion: batch/v1
kind: Job
metadata: {name: report}
spec: {template: {spec: {restartPolicy: Never, hostNetwork: true, containers: [{name: report, image: example.test/report}]}}}
`

const obstacle = apiServerObstacle()

describe.skipIf(obstacle !== null)(`a real API server${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let folder: string
  let server: TestApiServer
  let pilot: Child
  let webhook: { readonly port: number; readonly caBundle: string }

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'meshwork-inject-'))
    const [started, ca, ports] = await Promise.all([TestApiServer.start(), createTestCa(), freePorts(3)])
    server = started
    const leaf = await ca.issue('127.0.0.1')
    const [xds = 0, http = 0, port = 0] = ports
    webhook = { port, caBundle: Buffer.from(ca.rootPem).toString('base64') }
    const file = (name: string): string => path.join(folder, name)
    mkdirSync(file('config'))
    writeFileSync(file('chain.pem'), leaf.certificateChainPem)
    writeFileSync(file('key.pem'), leaf.privateKeyPem)
    await writeInjection('enabled')
    const addresses = ['--xds-address', `127.0.0.1:${xds}`, '--http-address', `127.0.0.1:${http}`, '--webhook-address', `127.0.0.1:${port}`]
    const files = ['--tls-certificate', file('chain.pem'), '--tls-key', file('key.pem'), '--config-dir', file('config')]
    pilot = startProgram(builtProgram('pilot/main'), {
      name: 'pilot',
      args: [...addresses, ...files, '--injection-config', file('injection')],
    })
    await pilot.whenReady()
    await apply([
      webhookConfiguration('istio-sidecar-injector', 'default', { 'istio-injection': 'enabled' }),
      namespace('mesh', { 'istio-injection': 'enabled' }),
    ])
    await vi.waitFor(
      async () => expect(await createPod('mesh', pod('ready'))).toMatchObject({ message: undefined, status: CREATED, injected: true }),
      {
        timeout: 20_000,
        interval: 200,
      },
    )
  })

  afterAll(async () => {
    await pilot?.stop()
    await server?.[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  })

  /** As files for pilot and as the ConfigMap for meshctl. */
  async function writeInjection(policy: string, nodeAgent: boolean = false): Promise<void> {
    const templates = { sidecar: readFileSync(path.join(TEMPLATES, 'injection-template.yaml'), 'utf8') }
    const data = {
      config: stringify({ policy, templates }),
      values: JSON.stringify({ global: { hub: 'example.test/mesh', tag: '1' }, istio_cni: { enabled: nodeAgent } }),
    }
    mkdirSync(path.join(folder, 'fresh'), { recursive: true })
    writeFileSync(path.join(folder, 'fresh', 'config'), data.config)
    writeFileSync(path.join(folder, 'fresh', 'values'), data.values)
    cpSync(path.join(folder, 'fresh'), path.join(folder, 'injection'), { recursive: true })
    const metadata = { name: 'istio-sidecar-injector', namespace: 'istio-system' }
    await apply([namespace('istio-system', {}), { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }])
  }

  function apply(objects: readonly Fields[]): Promise<string> {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
    return server.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], list)
  }

  function webhookConfiguration(name: string, revision: string, labels: Readonly<Record<string, string>>): Fields {
    const url = `https://127.0.0.1:${webhook.port}/inject`
    const hook = {
      name: 'namespace.sidecar-injector.istio.io',
      clientConfig: { url, caBundle: webhook.caBundle },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      failurePolicy: 'Fail',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      namespaceSelector: { matchLabels: labels },
      objectSelector: { matchExpressions: [{ key: 'sidecar.istio.io/inject', operator: 'NotIn', values: ['false'] }] },
    }
    const metadata = { name, labels: { 'istio.io/rev': revision } }
    return { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration', metadata, webhooks: [hook] }
  }

  function call(
    method: string,
    at: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly warnings: string; readonly object: Pod & Fields }> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' }
      const asked = request(`${server.url}${at}`, { method, headers, ca: server.rootPem }, answer => {
        let text = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        answer.on('end', () => {
          const object = JSON.parse(text) as Pod & Fields
          resolve({ status: answer.statusCode ?? 0, warnings: String(answer.headers['warning'] ?? ''), object })
        })
      })
      asked.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  async function createPod(place: string, body: Fields) {
    const answer = await call('POST', `/api/v1/namespaces/${place}/pods`, body)
    return {
      ...answer,
      message: answer.object['message'],
      injected: answer.object.metadata.annotations?.['sidecar.istio.io/status'] !== undefined,
    }
  }

  function meshctl(args: readonly string[], input = ''): Promise<Ran> {
    return new Promise(resolve => {
      const env = { ...process.env, KUBECONFIG: server.kubeconfig, NO_COLOR: '1' }
      const child = execFile(process.execPath, [BIN, ...args], { env }, (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }))
      child.stdin?.end(input)
    })
  }

  test('[traffic-119] the decision table, what the pod says of its injection, and a second injection that changes nothing', async () => {
    const table: readonly (readonly [string, string | undefined, boolean])[] = [
      ['enabled', undefined, true],
      ['enabled', 'true', true],
      ['enabled', 'false', false],
      ['disabled', undefined, false],
      ['disabled', 'true', true],
      ['disabled', 'false', false],
      ['wrong', undefined, false],
      ['wrong', 'true', false],
      ['wrong', 'false', false],
    ]
    const outcome: (readonly [string, string | undefined, boolean])[] = []
    for (const [i, [policy, wish]] of table.entries()) {
      if (table[i - 1]?.[0] !== policy) await policyInForce(policy)
      const annotations = wish === undefined ? {} : { annotations: { 'sidecar.istio.io/inject': wish } }
      const { status, injected } = await createPod('mesh', pod(`case-${i}`, annotations))
      expect(status).toBe(CREATED)
      outcome.push([policy, wish, injected])
    }
    expect(outcome).toEqual(table)
    await policyInForce('enabled')
    const first = await createPod('mesh', pod('twice'))
    const { labels, annotations } = first.object.metadata
    expect(JSON.parse(annotations?.['sidecar.istio.io/status'] ?? '{}')).toMatchObject({
      initContainers: ['istio-init', 'istio-proxy'],
      volumes: expect.arrayContaining(['istio-token', 'istiod-ca-cert']),
      revision: 'default',
    })
    const second = await createPod('mesh', { ...first.object, metadata: { name: 'twice-again', labels, annotations } })
    const without = ({ spec }: Pod): string => JSON.stringify(spec).replaceAll('twice-again', 'twice')
    expect(without(second.object)).toBe(without(first.object))
    expect(second.object.metadata.annotations).toEqual(annotations)
  })

  /** Pilot looks every two seconds; the case itself shows which policy is in force. */
  async function policyInForce(policy: string): Promise<void> {
    await writeInjection(policy)
    const reasons: Readonly<Record<string, string>> = {
      enabled: '',
      disabled: 'the policy of the injector is disabled',
      wrong: "the policy of the injector is 'wrong'",
    }
    await vi.waitFor(
      async () => {
        const { warnings } = await call('POST', '/api/v1/namespaces/mesh/pods?dryRun=All', pod('asking'))
        expect(warnings === '' ? '' : warnings).toContain(reasons[policy])
        if (policy === 'enabled') expect(warnings).toBe('')
      },
      { timeout: 20_000, interval: 200 },
    )
  }

  test('a pod that asks for what cannot be is refused, and the annotation named', async () => {
    const { status, object } = await createPod('mesh', pod('bad', { annotations: { 'sidecar.istio.io/interceptionMode': 'MAGIC' } }))
    expect(status).toBe(FORBIDDEN)
    expect(object['message']).toContain("annotation sidecar.istio.io/interceptionMode: 'MAGIC' is not REDIRECT, TPROXY or NONE")
  })

  test('[journey-60] a namespace that enforces restricted takes injected pods where the agent of the node redirects, and none that would need a right', async () => {
    await apply([namespace('locked', { 'istio-injection': 'enabled', 'pod-security.kubernetes.io/enforce': 'restricted' })])
    const securityContext = {
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    }
    const locked = (name: string): Fields => pod(name, {}, { containers: [{ name: 'app', image: 'app', securityContext }] })
    expect(await createPod('locked', locked('with-init'))).toMatchObject({ status: 403, message: expect.stringContaining('istio-init') })
    try {
      await writeInjection('enabled', true)
      await vi.waitFor(
        async () =>
          expect(await createPod('locked', locked('with-agent'))).toMatchObject({ message: undefined, status: CREATED, injected: true }),
        {
          timeout: 20_000,
          interval: 200,
        },
      )
      const { object } = await call('GET', '/api/v1/namespaces/locked/pods/with-agent')
      expect((object.spec.initContainers ?? []).map(({ name }) => name)).toEqual(['istio-validation', 'istio-proxy'])
      expect(JSON.stringify(object.spec)).not.toContain('"privileged":true')
    } finally {
      await writeInjection('enabled')
    }
  })

  test('[journey-9] meshctl inject ns/shop labels the namespace and lists what has no proxy; --restart rolls it out; admission names who is skipped', async () => {
    await apply([namespace('shop', {}), deployment('shop', 'api', {}), deployment('shop', 'host', { hostNetwork: true })])
    expect(await createPod('shop', pod('api-1', { labels: { app: 'api' } }))).toMatchObject({ injected: false })
    const first = await meshctl(['inject', 'ns/shop'])
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(first.out).toMatch(/deployment\/api\s+0\/1\s+to restart\s+1 of its pods have no proxy/)
    expect(first.out).toMatch(/deployment\/host\s+0\/0\s+skipped\s+it is in the network of the host/)
    expect(first.out).toContain('Next: meshctl inject ns/shop --restart\n')
    expect(await server.kubectl(['get', 'namespace', 'shop', '-o', 'jsonpath={.metadata.labels.istio-injection}'])).toBe('enabled')
    const restarted = await meshctl(['inject', 'ns/shop', '--restart', '-o', 'json'])
    expect(JSON.parse(restarted.out)).toMatchObject({
      kind: 'Injection',
      workloads: [
        { workload: 'deployment/api', action: 'restarted' },
        { workload: 'deployment/host', action: 'skipped' },
      ],
    })
    const at = 'jsonpath={.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt}'
    expect(await server.kubectl(['get', 'deployment', 'api', '-n', 'shop', '-o', at])).toMatch(/^\d{4}-/)
    expect(await server.kubectl(['get', 'deployment', 'host', '-n', 'shop', '-o', at])).toBe('')
    expect(await createPod('shop', pod('api-2', { labels: { app: 'api' } }))).toMatchObject({ injected: true, warnings: '' })
    const skipped = await createPod('shop', pod('host-1', {}, { hostNetwork: true }))
    expect(skipped).toMatchObject({ injected: false, status: CREATED })
    expect(skipped.warnings).toContain('pod host-1 gets no proxy: it is in the network of the host (hostNetwork)')
  })

  test('[journey-10] meshctl check-inject says which webhook injects a workload, and why another does not', async () => {
    const canary = webhookConfiguration('istio-sidecar-injector-canary', 'canary', { 'istio.io/rev': 'canary' })
    await apply([canary, namespace('asked', { 'istio-injection': 'enabled' }), namespace('plain', {})])
    await apply([deployment('asked', 'api', {}), deployment('asked', 'host', { hostNetwork: true }), deployment('plain', 'api', {})])
    const yes = await meshctl(['check-inject', 'deploy/api', '-n', 'asked'])
    expect(yes).toMatchObject({ code: 0, err: '' })
    expect(yes.out).toMatch(/^WEBHOOK\s+REVISION\s+INJECTED\s+REASON\n/)
    expect(yes.out).toMatch(/istio-sidecar-injector\s+default\s+✔\s+.*the policy of the injector is enabled/)
    expect(yes.out).toMatch(/istio-sidecar-injector-canary\s+canary\s+✘\s+namespace asked has no label istio\.io\/rev \(wanted: canary\)/)
    expect(await meshctl(['check-inject', 'deployment/host', '-n', 'asked'])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/✘\s+it is in the network of the host/),
    })
    const no = await meshctl(['check-inject', 'deploy/api', '-n', 'plain', '-o', 'json'])
    expect(no.code).toBe(1)
    expect(JSON.parse(no.out)).toMatchObject({
      kind: 'InjectionCheck',
      workload: 'deployment/api',
      webhooks: [
        { webhook: 'istio-sidecar-injector', injects: false, reason: 'namespace plain has no label istio-injection (wanted: enabled)' },
        { webhook: 'istio-sidecar-injector-canary', injects: false },
      ],
    })
    expect(await meshctl(['check-inject', 'deploy/nobody', '-n', 'plain'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('namespace plain has no deployment nobody'),
    })
    await server.kubectl(['label', 'namespace', 'asked', 'istio.io/rev=canary'])
    await apply([injectorOfRevision('canary')])
    expect(await meshctl(['check-inject', 'deploy/api', '-n', 'asked'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('2 webhooks would inject deployment/api'),
    })
    await server.kubectl(['delete', 'mutatingwebhookconfiguration', 'istio-sidecar-injector-canary'])
  })

  function injectorOfRevision(revision: string): Fields {
    const data = { config: stringify({ policy: 'enabled', templates: { sidecar: 'spec: {}' } }), values: '{}' }
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `istio-sidecar-injector-${revision}`, namespace: 'istio-system' },
      data,
    }
  }

  test('[journey-11] meshctl inject -f app.yaml | kubectl apply -f -: YAML and report apart; uninject gives the file back byte by byte', async () => {
    await apply([namespace('manual', {})])
    const file = path.join(folder, 'app.yaml')
    writeFileSync(file, APP)
    const { code, out, err } = await meshctl(['inject', '-f', file, '-n', 'manual'])
    expect(code).toBe(0)
    expect(err).toBe(
      'deployment/web: injected (the policy of the injector is enabled)\njob/report: skipped (it is in the network of the host (hostNetwork))\n',
    )
    expect(await server.kubectl(['apply', '-n', 'manual', '-f', '-'], out)).toMatch(
      /deployment\.apps\/web created\njob\.batch\/report created\n$/,
    )
    const names = '{.spec.template.spec.initContainers[*].name} {.spec.template.spec.containers[*].name}'
    expect(await server.kubectl(['get', 'deployment', 'web', '-n', 'manual', '-o', `jsonpath=${names}`])).toBe('istio-init istio-proxy web')
    expect(await server.kubectl(['get', 'configmap', 'settings', '-n', 'manual', '-o', 'jsonpath={.data.a}'])).toBe('on')
    const back = await meshctl(['uninject', '-f', '-'], out)
    expect(back).toMatchObject({ code: 0, out: APP })
    expect(back.err).toContain('deployment/web: uninjected\n')
    const live = await server.kubectl(['get', 'deployment', 'web', '-n', 'manual', '-o', 'yaml'])
    const cleaned = await meshctl(['uninject', '-f', '-'], live)
    await server.kubectl(['replace', '-n', 'manual', '-f', '-'], cleaned.out)
    const template = await server.kubectl(['get', 'deployment', 'web', '-n', 'manual', '-o', 'jsonpath={.spec.template}'])
    expect(template).toContain('"image":"example.test/web"')
    expect(template).not.toMatch(/istio|prometheus/)
  })

  function namespace(name: string, labels: Readonly<Record<string, string>>): Fields {
    return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
  }

  /** Without its controllers nobody gives a pod the service account that tokens need. */
  function pod(name: string, metadata: Fields = {}, spec: Fields = {}): Fields {
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, ...metadata },
      spec: { serviceAccountName: 'default', containers: [{ name: 'app', image: 'app' }], ...spec },
    }
  }

  function deployment(place: string, name: string, spec: Fields): Fields {
    const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name, image: name }], ...spec } }
    return {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: place },
      spec: { selector: { matchLabels: { app: name } }, template },
    }
  }
})
