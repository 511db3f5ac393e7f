import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { eventually } from '../mesh/eventually.ts'
import { KubeWorld } from './kube-world.ts'
import { nodeAgentObjects } from './node-agent-objects.ts'
import { APPS_IMAGE, HUB, TAG } from './test-images.ts'

const NAMESPACE = 'locked'
const POD_LIMIT_MS = 60_000

/** What `restricted` demands of every container (Kubernetes, Pod Security Standards). */
function locked(user: number): object {
  const capabilities = { drop: ['ALL'] }
  return { runAsUser: user, runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities, seccompProfile: { type: 'RuntimeDefault' } }
}

/** A pod as injection makes it for a node agent; in the proxy's place an echo under its user and on its ports. */
function podWith(name: string, flags: readonly string[]): object {
  const image = { imagePullPolicy: 'Never', image: APPS_IMAGE }
  const proxy = (port: number): object => ({
    ...{ name: `port-${port}`, ...image, args: ['echo'], securityContext: locked(1337) },
    env: [
      { name: 'PORT', value: String(port) },
      { name: 'ECHO_NAME', value: `proxy-${port}` },
    ],
  })
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      terminationGracePeriodSeconds: 0,
      initContainers: [
        {
          name: 'istio-validation',
          image: `${HUB}/init:${TAG}`,
          imagePullPolicy: 'Never',
          args: [...flags, '--run-validation', '--skip-rule-apply'],
          securityContext: { ...locked(1337), readOnlyRootFilesystem: true },
        },
      ],
      containers: [
        { name: 'app', ...image, args: ['echo'], env: [{ name: 'ECHO_NAME', value: 'app' }], securityContext: locked(1000) },
        ...[15_001, 15_006].map(proxy),
      ],
    },
  }
}

describe('interception by a node agent (part 6)', () => {
  let world: KubeWorld

  beforeAll(async () => {
    world = await KubeWorld.up('agent')
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    await world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } })
    await world.apply(podWith('early', ['-i', '*', '-b', '*', '-d', '15020']))
  }, 900_000)

  afterAll(() => world?.down())

  /** Who answers a request that a container of a pod sends to `url`. */
  async function whoAnswers(pod: string, container: string, url: string): Promise<string> {
    const line = await world.kubectl('exec', '-n', NAMESPACE, pod, '-c', container, '--', '/usr/local/bin/apps', 'call', url)
    return JSON.parse(JSON.parse(line).body).name
  }

  test('a pod that nobody redirected does not start', async () => {
    await eventually(async () => {
      const state = '{.status.initContainerStatuses[0].state.running.startedAt}'
      expect(await world.kubectl('get', 'pod', '-n', NAMESPACE, 'early', '-o', `jsonpath=${state}`)).not.toBe('')
    }, POD_LIMIT_MS)
    const started = '{.status.containerStatuses[*].started}'
    expect(await world.kubectl('get', 'pod', '-n', NAMESPACE, 'early', '-o', `jsonpath=${started}`)).toBe('false false false')
  })

  test('the agent redirects it when it comes, in a namespace of the standard `restricted`', async () => {
    await world.apply(...nodeAgentObjects('kube-system'))
    await world.kubectl('wait', '-n', NAMESPACE, '--for=condition=Ready', '--timeout=60s', 'pod/early')
    expect(await whoAnswers('early', 'app', 'http://10.96.0.1:443/')).toBe('proxy-15001')
    const address = await world.kubectl('get', 'pod', '-n', NAMESPACE, 'early', '-o', 'jsonpath={.status.podIP}')
    await world.apply(podWith('late', ['-i', '10.96.0.0/16', '-b', '*']))
    await world.kubectl('wait', '-n', NAMESPACE, '--for=condition=Ready', '--timeout=60s', 'pod/late')
    // Not in the range that this pod sends to its proxy, but taken where it arrives.
    expect(await whoAnswers('late', 'app', `http://${address}:8080/`)).toBe('proxy-15006')
    // What the proxy sends is left alone.
    expect(await whoAnswers('late', 'port-15001', 'http://127.0.0.1:8080/')).toBe('app')
  })
})
