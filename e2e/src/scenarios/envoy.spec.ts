import { envoyObstacle } from '@meshwork/testkit/mesh'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import { LocalMesh } from '../backend/local/local-backend.ts'
import type { Mesh } from '../backend/mesh.ts'
import { echoed } from '../mesh/echo.ts'
import { EnvoyWorkload } from '../mesh/envoy-workload.ts'
import { eventually } from '../mesh/eventually.ts'
import { ANN, ECHO, echoRules, shop, to } from '../mesh/shop.ts'

const DETAILS = 'details:8000'
const obstacle = envoyObstacle()

describe.skipIf(obstacle !== null)(`envoy as a sidecar${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let mesh: Mesh
  let details: EnvoyWorkload

  beforeAll(async () => {
    mesh = await chosenBackend().start(shop('envoy', { rules: echoRules(`- ${to('v1')}`) }))
    if (!(mesh instanceof LocalMesh)) throw new Error('this scenario runs on the local back end')
    details = await EnvoyWorkload.join(mesh, 'details')
  })

  afterAll(async () => {
    await details?.[Symbol.asyncDispose]()
    await mesh?.[Symbol.asyncDispose]()
  })

  it('takes requests of our proxy over mutual TLS', async () => {
    await eventually(async () => expect((await mesh.request(ANN, { host: DETAILS })).status).toBe(200))
    const { name, headers } = echoed(await mesh.request(ANN, { host: DETAILS }))
    expect(name).toBe('details-v1')
    expect(headers['x-forwarded-client-cert']).toContain('By=spiffe://cluster.local/ns/default/sa/details')
    expect(headers['x-forwarded-client-cert']).toContain('URI=spiffe://cluster.local/ns/default/sa/ann')
  })

  it('sends requests to our proxy over mutual TLS, by the rules of pilot', async () => {
    await eventually(async () => expect((await details.request({ host: ECHO })).status).toBe(200))
    for (let turn = 0; turn < 10; turn++) expect(echoed(await details.request({ host: ECHO })).name).toBe('echo-v1')
    const { headers } = echoed(await details.request({ host: ECHO }))
    expect(headers['x-forwarded-client-cert']).toContain('URI=spiffe://cluster.local/ns/default/sa/details')
  })

  it('gets ordinary HTTP/1.1 from our proxy, which shares connections with its like', async () => {
    await mesh.request(ANN, { host: DETAILS })
    await mesh.request(ANN, { host: ECHO })
    expect(await connections('details', 'http2')).toBe(0)
    expect(await connections('details', 'http1')).toBeGreaterThan(0)
    const shared = await connections('echo', 'http2')
    expect(shared).toBeGreaterThan(0)
    const replies = await Promise.all(Array.from({ length: 20 }, () => mesh.request(ANN, { host: ECHO })))
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200))
    expect(await connections('echo', 'http2')).toBe(shared)
    expect(await connections('echo', 'http1')).toBe(0)
  })

  /** How many connections of a protocol the caller's proxy has made to a service. */
  async function connections(service: string, protocol: 'http1' | 'http2'): Promise<number> {
    const { body } = await mesh.page(`sidecar/${ANN}`, 'admin', `/stats?filter=${service}.*upstream_cx_${protocol}_total`)
    return [...body.matchAll(/: (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
  }

  it('follows a change of the rules', async () => {
    await mesh.apply('rules', echoRules(`- ${to('v2')}`))
    await eventually(async () => expect(echoed(await details.request({ host: ECHO })).name).toBe('echo-v2'))
  })

  it('rejects nothing that pilot sends', async () => {
    for (const counter of ['cluster_manager.cds.update_rejected', 'listener_manager.lds.update_rejected']) {
      expect(await details.counter(counter), counter).toBe(0)
    }
    expect(await details.counter('cluster_manager.cds.update_success')).toBeGreaterThan(0)
    expect(await details.counter('listener_manager.lds.update_success')).toBeGreaterThan(0)
    expect(await details.counter('http.*rds.*update_rejected')).toBe(0)
    expect(details.agent.log.all()).not.toMatch(/rejected|gRPC config .* update rejected/)
  })
})
