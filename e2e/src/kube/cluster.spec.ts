import { existsSync, readFileSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { type Cluster, clusterDown, clusterUp, connectClusters, joinNode, listClusters, loadImage } from '../cluster/cluster.ts'
import { kubectl } from '../cluster/control-plane.ts'
import { prepareMachine } from '../cluster/prepare-machine.ts'
import { eventually } from '../mesh/eventually.ts'
import { BUSYBOX_IMAGE, busyboxImage } from './busybox-image.ts'

const [FIRST, SECOND] = [`e2e-${process.pid}`, `e2e-${process.pid}-b`]
const POD_LIMIT_MS = 60_000

/** Two pods that say their names, behind a Service, and one to call from. */
const OBJECTS = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: web
          image: ${BUSYBOX_IMAGE}
          imagePullPolicy: Never
          command: [sh, -c, 'hostname > /tmp/index.html; exec httpd -f -p 8080 -h /tmp']
          readinessProbe: { httpGet: { port: 8080, path: / }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ name: http, port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: caller }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - { name: caller, image: '${BUSYBOX_IMAGE}', imagePullPolicy: Never, command: [sleep, '3600'] }
`

describe('the test cluster', () => {
  let cluster: Cluster
  let image: string

  beforeAll(async () => {
    const say = (line: string): boolean => process.stderr.write(`${line}\n`)
    await prepareMachine(say)
    image = await busyboxImage()
    cluster = await clusterUp(FIRST, say)
    await loadImage(cluster, image)
    await kubectl(cluster, ['apply', '-f', '-'], OBJECTS)
    await kubectl(cluster, ['wait', '--for=condition=Available', '--timeout=60s', '--request-timeout=60s', 'deployment/web'])
    await kubectl(cluster, ['wait', '--for=condition=Ready', '--timeout=60s', '--request-timeout=60s', 'pod/caller'])
  }, 900_000)

  afterAll(async () => {
    await clusterDown(SECOND)
    await clusterDown(FIRST)
  })

  function call(from: Cluster, url: string): Promise<string> {
    return kubectl(from, ['exec', 'caller', '--', 'wget', '-qO-', url])
  }

  test('pods are reached by the name of their Service, each of them in turn', async () => {
    const names = new Set<string>()
    await eventually(async () => {
      names.add((await call(cluster, 'http://web.default.svc.cluster.local/')).trim())
      expect([...names].filter(name => name.startsWith('web-'))).toHaveLength(2)
    }, POD_LIMIT_MS)
  })

  test('`up` of a cluster that runs gives that cluster, and `status` names its nodes', async () => {
    expect((await clusterUp(FIRST, () => undefined)).nodePid).toBe(cluster.nodePid)
    expect(listClusters().find(each => each.name === FIRST)?.nodes).toEqual([{ name: FIRST, running: true }])
  })

  test('a second node joins, and its pods are reached from the first', async () => {
    const node = await joinNode(cluster, `${FIRST}-2`, [image])
    await kubectl(cluster, ['scale', 'deployment/web', '--replicas=6'])
    const onNode = [
      'get',
      'pods',
      '-l',
      'app=web',
      `--field-selector=spec.nodeName=${node.name}`,
      '-o',
      'jsonpath={.items[0].status.podIP}',
    ]
    await eventually(async () => {
      const address = await kubectl(cluster, onNode)
      expect(address).toMatch(/^10\./)
      expect(await call(cluster, `http://${address}:8080/`)).toMatch(/^web-/)
    }, POD_LIMIT_MS)
  })

  test('two clusters run side by side, on one network if told so', async () => {
    const other = await clusterUp(SECOND, () => undefined)
    await loadImage(other, image)
    await kubectl(other, ['apply', '-f', '-'], OBJECTS)
    await kubectl(other, ['wait', '--for=condition=Ready', '--timeout=60s', '--request-timeout=60s', 'pod/caller'])
    const address = await kubectl(cluster, ['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].status.podIP}'])
    await connectClusters(cluster, other)
    await eventually(async () => expect(await call(other, `http://${address}:8080/`)).toMatch(/^web-/), POD_LIMIT_MS)
  })

  test('`down` leaves no process, no folder and no cgroup', async () => {
    const { nodePid, node } = cluster
    const cgroup = readFileSync(node.file('cgroup'), 'utf8')
    await clusterDown(SECOND)
    await clusterDown(FIRST)
    expect(listClusters().filter(each => each.name.startsWith(FIRST))).toEqual([])
    const places = [node.root, `/proc/${nodePid}`, `/sys/fs/cgroup/memory${cgroup}`, `/sys/fs/cgroup${cgroup}`]
    expect(places.filter(existsSync)).toEqual([])
  })
})
