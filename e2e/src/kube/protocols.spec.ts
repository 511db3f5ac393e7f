import { figures } from '@meshwork/testkit/faults'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { eventually } from '../mesh/eventually.ts'
import { type Database, DATABASE_IMAGE, DATABASES, databaseObjects } from './databases-on-cluster.ts'
import { ETCD_IMAGE, ETCD_MEMBERS, etcdObjects } from './etcd-on-cluster.ts'
import { type Caller, MeshOnCluster } from './mesh-on-cluster.ts'
import { loadPeers } from './peer-image.ts'
import { streamsObjects } from './streams-on-cluster.ts'

const EFFECT_LIMIT_MS = 60_000
/** Journey 40. */
const CONNECT_LIMIT_MS = 50
const CONNECTS = 21
/** Journey 42 holds for two hours: MESHWORK_STREAM_SECONDS=7200. */
const SECONDS = Number(process.env['MESHWORK_STREAM_SECONDS'] ?? '40')
const GAP_SECONDS = Math.max(8, Math.floor(SECONDS / 20))

const STRICT = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default}
spec: {mtls: {mode: STRICT}}
`

/** Each turn is another configuration of the service whose streams are held, and of the mesh beside it. */
function pushes(turn: number): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: streams}
spec:
  hosts: [streams]
  http: [{headers: {request: {set: {x-turn: '${turn}'}}}, route: [{destination: {host: streams}}]}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: streams}
spec: {host: streams, trafficPolicy: {connectionPool: {http: {http1MaxPendingRequests: ${100 + turn}}}}}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: partner}
spec:
  hosts: [partner-${turn}.example]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: 203.0.113.${turn % 250}}]
`
}

describe('protocols other than short HTTP requests, behind a default installation', () => {
  let mesh: MeshOnCluster

  beforeAll(async () => {
    mesh = await MeshOnCluster.up('protocols')
    const { hyperkube } = mesh.world.cluster
    await loadPeers(mesh.world, DATABASE_IMAGE)
    await loadPeers(mesh.world, { reference: ETCD_IMAGE, peers: [], programs: [hyperkube] })
  }, 900_000)

  afterAll(() => mesh?.down())

  /** First answers of a database, one connection after the other; each in ms since before the connection. */
  async function hellos(caller: Caller, { name, port, hello, greets }: Database): Promise<readonly number[]> {
    const words = ['/usr/local/bin/apps', 'connect', name, String(port), String(CONNECTS), hello]
    const lines = await mesh.kubectl('exec', '-n', caller.namespace, caller.pod, '-c', 'app', '--', ...words)
    return lines
      .trim()
      .split('\n')
      .map(line => {
        const { ms, heard = '', error } = JSON.parse(line)
        expect([error, Buffer.from(heard, 'base64').toString('hex')]).toEqual([undefined, expect.stringMatching(greets)])
        return ms
      })
  }

  describe('databases', () => {
    let meshed: Caller
    let plain: Caller

    beforeAll(async () => {
      meshed = await mesh.namespace('data')
      plain = await mesh.namespace('plain', {})
      await mesh.world.apply(...databaseObjects('data'), ...databaseObjects('plain'))
      await Promise.all([mesh.settled('data'), mesh.settled('plain')])
    }, 300_000)

    afterAll(() => mesh?.kubectl('delete', 'namespace', 'data', 'plain', '--wait=false'))

    test.each(DATABASES)('[journey-40] $name at port $port greets within 50 ms of what it takes without a mesh', async database => {
      await eventually(async () => expect(await hellos(meshed, database)).toHaveLength(CONNECTS), EFFECT_LIMIT_MS)
      // The fastest, for what other work of the machine adds is not the mesh's.
      const without = Math.min(...(await hellos(plain, database)))
      const withMesh = Math.min(...(await hellos(meshed, database)))
      figures(`${database.name}: connection to first answer`, { withoutMs: without, withMeshMs: withMesh })
      expect(withMesh - without).toBeLessThan(CONNECT_LIMIT_MS)
    })

    test.each(DATABASES)(
      '[journey-40] the real client of $name gets its answer, over mutual TLS, without an annotation',
      async database => {
        const client = ['exec', '-n', 'data', 'client', '-c', 'app', '--', '/bin/sh', '-c', database.ask(database.name)]
        expect((await mesh.kubectl(...client)).trim()).toBe(database.answer)
        const ask = `fetch('http://127.0.0.1:15020/stats/prometheus').then(r => r.text()).then(t => process.stdout.write(t))`
        await eventually(async () => {
          const deployment = `deploy/${database.name}`
          const page = await mesh.kubectl('exec', '-n', 'data', deployment, '-c', 'istio-proxy', '--', '/usr/local/bin/node', '-e', ask)
          expect(page).toMatch(
            /^istio_tcp_connections_closed_total\{.*reporter="destination".*connection_security_policy="mutual_tls".*\} \d/m,
          )
        }, EFFECT_LIMIT_MS)
      },
    )
  })

  describe('a StatefulSet behind a headless Service', () => {
    let caller: Caller
    let outsider: Caller

    beforeAll(async () => {
      caller = await mesh.namespace('quorum')
      outsider = await mesh.namespace('outside', {})
      await mesh.applyTo('quorum', STRICT)
      await mesh.world.apply(...etcdObjects('quorum'))
      await mesh.kubectl('rollout', 'status', '-n', 'quorum', 'statefulset/etcd', '--timeout=120s')
      await Promise.all([mesh.settled('quorum'), mesh.settled('outside')])
    }, 300_000)

    afterAll(() => mesh?.kubectl('delete', 'namespace', 'quorum', 'outside', '--wait=false'))

    /** A call of etcd's JSON API, by name of the member. */
    async function ask(member: string, path: string, body: object): Promise<Record<string, unknown>> {
      const url = `http://${member}.etcd:2379${path}`
      const program = `fetch('${url}', {method: 'POST', body: '${JSON.stringify(body)}'}).then(r => r.text()).then(t => process.stdout.write(t))`
      return JSON.parse(await mesh.kubectl('exec', '-n', 'quorum', caller.pod, '-c', 'app', '--', '/usr/local/bin/node', '-e', program))
    }

    test('[journey-41] three members of etcd form a quorum under STRICT mutual TLS: what one is told, the others know', async () => {
      const [first = '', ...others] = ETCD_MEMBERS
      const { members } = await ask(first, '/v3/cluster/member/list', {})
      expect(members).toHaveLength(ETCD_MEMBERS.length)
      const [key, value] = ['key', 'told'].map(text => Buffer.from(text).toString('base64'))
      await ask(first, '/v3/kv/put', { key, value })
      for (const member of others) expect(await ask(member, '/v3/kv/range', { key })).toMatchObject({ kvs: [{ key, value }] })
    })

    test('[journey-41] nobody without a certificate reaches a member', async () => {
      const [answer] = await mesh.call(outsider, 'http://etcd-0.etcd.quorum:2379/health')
      expect(answer?.status).toBe(0)
      expect((await mesh.call(caller, 'http://etcd-0.etcd.quorum:2379/health'))[0]).toMatchObject({ status: 200 })
    })
  })

  describe('streams', () => {
    let caller: Caller

    beforeAll(async () => {
      caller = await mesh.namespace('streams')
      await mesh.world.apply(...streamsObjects('streams'))
      await mesh.settled('streams')
    }, 300_000)

    test(
      `[journey-42] a WebSocket, server-sent events and a gRPC stream last ${SECONDS} s of pushes and silence without a disconnect`,
      async () => {
        const words = ['/usr/local/bin/apps', 'hold', 'streams', String(SECONDS), String(GAP_SECONDS)]
        await eventually(
          async () => expect((await mesh.call(caller, 'http://streams:8080/?every=60000'))[0]?.body).toMatch(/no answer within|data/),
          EFFECT_LIMIT_MS,
        )
        let holding = true
        const holds = mesh.kubectl('exec', '-n', 'streams', caller.pod, '-c', 'app', '--', ...words).finally(() => (holding = false))
        let turn = 0
        while (holding) {
          await mesh.applyTo('streams', pushes(turn++))
          await Promise.race([holds, new Promise(resolve => setTimeout(resolve, 1_000))])
        }
        figures('streams held through pushes', { seconds: SECONDS, pushes: turn })
        // Timers of a machine that does other work are late.
        const least = Math.floor(SECONDS / GAP_SECONDS / 2)
        const rows = JSON.parse(await holds)
        expect(rows).toEqual(['websocket', 'events', 'grpc'].map(kind => ({ kind, messages: expect.any(Number), ended: '' })))
        for (const { messages } of rows) expect(messages).toBeGreaterThanOrEqual(least)
        expect(turn).toBeGreaterThan(SECONDS / 10)
      },
      (SECONDS + 120) * 1000,
    )
  })
})
