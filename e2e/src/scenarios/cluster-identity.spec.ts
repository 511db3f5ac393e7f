import { apiServerObstacle } from '@meshwork/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ClusterControlPlane } from '../mesh/cluster-control-plane.ts'

const obstacle = apiServerObstacle()
const WAIT = { timeout: 30_000, interval: 200 }

/** Asks us about each ConfigMap of the namespace `hooked`. Nobody says whom to trust. */
function webhookConfiguration(port: number): string {
  return JSON.stringify({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'istio-validator-test' },
    webhooks: ['istiod', 'somebody'].map((name, index) => ({
      name: `${name}.validation.istio.io`,
      clientConfig: { service: { name, namespace: 'istio-system', path: '/validate', port } },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': index === 0 ? 'hooked' : 'nowhere' } },
      failurePolicy: 'Fail',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      timeoutSeconds: 5,
    })),
  })
}

/** API servers reach a Service of this type by its name, also where nothing routes to cluster addresses. */
const SERVICE =
  'apiVersion: v1\nkind: Service\nmetadata: {name: istiod, namespace: istio-system}\nspec: {type: ExternalName, externalName: localhost}\n'

describe.skipIf(obstacle !== null)(`identity in a cluster${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let plane: ClusterControlPlane
  let admin = 0
  let asked = 0

  beforeAll(async () => {
    plane = await ClusterControlPlane.start()
    await plane.server.kubectl(['create', 'namespace', 'shop'])
    await plane.server.kubectl(['create', 'serviceaccount', 'web', '-n', 'shop'])
  })
  afterAll(() => plane?.[Symbol.asyncDispose]())

  /** `ok` if the API server let an object pass, which it does only after we answered. */
  function admitted(): Promise<string> {
    const create = ['create', 'configmap', `probe-${asked++}`, '-n', 'hooked']
    return plane.server.kubectl(create).then(
      () => 'ok',
      (error: Error) => error.message,
    )
  }

  function bundles(): Promise<string> {
    const path = 'jsonpath={.webhooks[*].clientConfig.caBundle}'
    return plane.server.kubectl(['get', 'validatingwebhookconfiguration', 'istio-validator-test', '-o', path])
  }

  async function ready(): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${admin}/ready`).catch(() => null)
    return (await answer?.text()) ?? 'not there'
  }

  /** How the control plane knows its proxies. */
  async function known(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${plane.ports.http}/debug/syncz`)).text()
  }

  it('a proxy of a pod gets its certificate with its token and its configuration over TLS', async () => {
    admin = await plane.startProxy('web', 'shop')
    await expect.poll(ready, WAIT).toBe('LIVE\n')
    expect(await (await fetch(`http://127.0.0.1:${admin}/certs`)).text()).toContain('spiffe://cluster.local/ns/shop/sa/web')
    expect(await known()).toContain('web-1.shop')
  })

  it('[security-27] API servers are told whom to trust, edits are undone, and a change of root needs no restart', async () => {
    await plane.server.kubectl(['apply', '-f', '-'], SERVICE)
    await plane.server.kubectl(['create', 'namespace', 'hooked'])
    await plane.server.kubectl(['apply', '-f', '-'], webhookConfiguration(plane.ports.webhooks))
    await expect.poll(admitted, WAIT).toBe('ok')
    const first = Buffer.from(await plane.publishedRoot()).toString('base64')
    // The webhook of another Service is not ours to change.
    expect(await bundles()).toBe(first)

    const other = Buffer.from(plane.server.rootPem).toString('base64')
    const edit = JSON.stringify([{ op: 'replace', path: '/webhooks/0/clientConfig/caBundle', value: other }])
    await plane.server.kubectl(['patch', 'validatingwebhookconfiguration', 'istio-validator-test', '--type=json', '-p', edit])
    await expect.poll(bundles, WAIT).toBe(first)
    await expect.poll(admitted, WAIT).toBe('ok')

    await plane.changeRoot()
    const second = Buffer.from(await plane.publishedRoot()).toString('base64')
    expect(second).not.toBe(first)
    await expect.poll(bundles, WAIT).toBe(second)
    await expect.poll(admitted, WAIT).toBe('ok')
    expect(await ready()).toBe('LIVE\n')
  })

  it('a proxy follows to the new root, and reaches a control plane that has nothing else', async () => {
    await plane.startPilot()
    await expect.poll(known, WAIT).toContain('web-1.shop')
    await expect.poll(ready, WAIT).toBe('LIVE\n')
  })
})
