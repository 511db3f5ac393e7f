import { runCommand } from '@meshwork/testkit/net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inNetworkOf } from '../cluster/namespaces.ts'
import { eventually } from '../mesh/eventually.ts'
import { KubeWorld } from './kube-world.ts'
import { IMAGE_VALUES, MESHCTL } from './run-in-world.ts'
import { APPS_IMAGE, HUB, TAG } from './test-images.ts'

const SHOP = 'shop'
/** Generous: under the load of a whole suite a proxy takes twenty seconds to start. */
const POD_LIMIT_MS = 160_000
const WEB = 'http://web.shop:8080/'

const STRICT = {
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: { name: 'default', namespace: SHOP },
  spec: { mtls: { mode: 'STRICT' } },
}

const IMAGE = { image: APPS_IMAGE, imagePullPolicy: 'Never' }

/** Asked by the kubelet in two ways; both end at a port that only takes mutual TLS. */
const WEB_OBJECTS = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: SHOP },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          terminationGracePeriodSeconds: 5,
          containers: [
            {
              ...{ name: 'web', ...IMAGE, args: ['echo'], ports: [{ name: 'http', containerPort: 8080 }] },
              readinessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1 },
              livenessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 2 },
            },
          ],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: SHOP },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 8080 }] },
  },
]

/** Its first line is a call of another service; it may try once. */
function job(name: string, spec: object = {}): object {
  const containers = [{ name: 'first-line', ...IMAGE, args: ['demand', WEB] }]
  const template = { metadata: { labels: { app: name } }, spec: { restartPolicy: 'Never', containers, ...spec } }
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace: SHOP }, spec: { backoffLimit: 0, template } }
}

/** Calls once and ends. */
function caller(name: string, annotations: Readonly<Record<string, string>>): object {
  const containers = [{ name: 'caller', ...IMAGE, args: ['demand', WEB] }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: SHOP, annotations }, spec: { restartPolicy: 'Never', containers } }
}

function pod(namespace: string, name: string): object {
  const containers = [{ name: 'app', ...IMAGE, args: ['wait'] }]
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec: { terminationGracePeriodSeconds: 0, containers } }
}

/** As somebody writes it, with what only people see. */
const BY_HAND = `# calls nobody
apiVersion: v1
kind: Pod
metadata: {name: by-hand, namespace: NAMESPACE} # flow style stays
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: app, image: '${APPS_IMAGE}', imagePullPolicy: Never, args: [wait]}
`

function withNamespace(namespace: string, text: string): string {
  return text.replace('NAMESPACE', namespace)
}

/** `true`: native sidecars; `false`: the start gate, forced by the value although the cluster could do better. */
describe.each([true, false])('injection, global.proxy.nativeSidecars=%s (part 5)', native => {
  let world: KubeWorld

  beforeAll(async () => {
    world = await KubeWorld.up(`inject-${native}`)
    const values = [...IMAGE_VALUES, `global.proxy.nativeSidecars=${native}`]
    await meshctl('install', '--profile', 'laptop', '-y', ...values.flatMap(value => ['--set', value]))
    for (const name of [SHOP, 'plain']) await world.kubectl('create', 'namespace', name)
    await world.kubectl('label', 'namespace', SHOP, 'istio-injection=enabled')
    await world.apply(STRICT, ...WEB_OBJECTS)
    await becomes('Available', 'deployment/web')
  }, 900_000)

  afterAll(() => world?.down())

  function meshctl(...args: readonly string[]): Promise<string> {
    return runMeshctl(args)
  }

  function runMeshctl(args: readonly string[], input = ''): Promise<string> {
    const { nodePid, kubeconfig } = world.cluster
    const which = args[0] === 'uninject' ? [] : ['--kubeconfig', kubeconfig]
    return runCommand([...inNetworkOf(nodePid), process.execPath, MESHCTL, ...args, ...which], input)
  }

  function becomes(condition: string, object: string, namespace: string = SHOP): Promise<number> {
    const wait = ['wait', `--for=condition=${condition}`, '--timeout=20s', object]
    return eventually(async () => expect(await world.kubectl('-n', namespace, ...wait)).toContain('condition met'), POD_LIMIT_MS)
  }

  test('the proxy stands where the application has to wait for it, and the probes of the kubelet pass in STRICT mode', async () => {
    const names = await world.kubectl(
      ...['-n', SHOP, 'get', 'pods', '-l', 'app=web'],
      ...[
        '-o',
        'jsonpath={.items[0].spec.initContainers[*].name}/{.items[0].spec.containers[*].name}/{.items[0].status.containerStatuses[*].restartCount}',
      ],
    )
    expect(names).toMatch(native ? /^istio-init istio-proxy\/web\/0/ : /^istio-init\/istio-proxy web\/0/)
  })

  test('a Job calls another service in its first line, and completes', async () => {
    await world.apply(job('report'))
    await becomes('Complete', 'job/report')
  })

  // What runs before the containers of a pod has the network of the mesh behind a native sidecar only.
  if (native) {
    test('an init container of the application has the network of the mesh, too', async () => {
      await world.apply(job('migration', { initContainers: [{ name: 'migrate', ...IMAGE, args: ['demand', WEB] }] }))
      await becomes('Complete', 'job/migration')
    })

    test('[traffic-120] annotations choose what goes through the proxy, and which proxy', async () => {
      const image = `${HUB}/proxy:${TAG}`
      await world.apply(
        caller('as-it-is', { 'sidecar.istio.io/proxyImage': image }),
        caller('port-excluded', { 'traffic.sidecar.istio.io/excludeOutboundPorts': '8080' }),
        caller('range-not-included', { 'traffic.sidecar.istio.io/includeOutboundIPRanges': '192.0.2.0/24' }),
        caller('range-excluded', { 'traffic.sidecar.istio.io/excludeOutboundIPRanges': '0.0.0.0/0' }),
        caller('transparent', { 'sidecar.istio.io/interceptionMode': 'TPROXY' }),
      )
      const phase = async (name: string): Promise<string> => world.kubectl('-n', SHOP, 'get', 'pod', name, '-o', 'jsonpath={.status.phase}')
      // In STRICT mode an answer has come through the proxy; what bypasses it is refused.
      for (const [name, wanted] of [
        ['as-it-is', 'Succeeded'],
        ['port-excluded', 'Failed'],
        ['range-not-included', 'Failed'],
        ['range-excluded', 'Failed'],
        ['transparent', 'Succeeded'],
      ] as const)
        await eventually(async () => {
          const answer = await world.kubectl('-n', SHOP, 'logs', name, '-c', 'caller').catch(String)
          expect({ name, phase: await phase(name), answer }).toMatchObject({ name, phase: wanted })
        }, POD_LIMIT_MS)
      const proxy = 'jsonpath={.spec.initContainers[?(@.name=="istio-proxy")].image}'
      expect(await world.kubectl('-n', SHOP, 'get', 'pod', 'as-it-is', '-o', proxy)).toBe(image)
    })
  }

  test('check-inject agrees with what happened', async () => {
    const { webhooks } = JSON.parse(await meshctl('check-inject', 'deploy/web', '-n', SHOP, '-o', 'json'))
    expect(webhooks).toEqual([expect.objectContaining({ webhook: 'istio-sidecar-injector', revision: 'default', injects: true })])
  })

  test('[journey-11] inject makes of a file what the webhook makes of a pod, and uninject gives back the file', async () => {
    const written = withNamespace('plain', BY_HAND)
    const injected = await runMeshctl(['inject', '-f', '-', '-n', 'plain'], written)
    expect(await runMeshctl(['uninject', '-f', '-'], injected)).toBe(written)
    await world.apply(injected, withNamespace(SHOP, BY_HAND))
    await becomes('Ready', 'pod/by-hand', 'plain')
    const containers = (namespace: string): Promise<string> =>
      world.kubectl('-n', namespace, 'get', 'pod', 'by-hand', '-o', 'jsonpath={.spec.initContainers[*].name}/{.spec.containers[*].image}')
    expect(await containers('plain')).toMatch(/istio-proxy|proxy:/)
    expect(await containers('plain')).toBe(await containers(SHOP))
  })

  test('without the injector, pods of meshed namespaces are refused with the reason; all others go on', async () => {
    await world.kubectl('-n', 'istio-system', 'scale', 'deployment', 'istiod', '--replicas=0')
    await world.kubectl('-n', 'istio-system', 'wait', '--for=delete', '--timeout=60s', 'pod', '-l', 'app=istiod')
    await eventually(() => expect(world.apply(pod(SHOP, 'refused'))).rejects.toThrow(/sidecar-injector\.istio\.io/), POD_LIMIT_MS)
    await world.apply(pod('plain', 'fine'), pod('kube-system', 'fine'))
    for (const namespace of ['plain', 'kube-system']) await becomes('Ready', 'pod/fine', namespace)
    await world.kubectl('-n', 'istio-system', 'scale', 'deployment', 'istiod', '--replicas=1')
    await eventually(() => world.apply(pod(SHOP, 'late')), POD_LIMIT_MS)
    await becomes('Ready', 'pod/late')
  })
})
