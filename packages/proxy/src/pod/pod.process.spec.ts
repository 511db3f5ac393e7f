import { writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { cluster, httpFilter, listener } from '@meshwork/testkit/bootstrap'
import { CitadelProcess } from '@meshwork/testkit/ca'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, Child, type ProgramName, startProgram } from '@meshwork/testkit/process'
import { jsonResource, TestControlPlane } from '@meshwork/testkit/xds'
import { CLUSTER_TYPE, LISTENER_TYPE } from '@meshwork/xds/types'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const PROXY = builtProgram('proxy/main')
/** Longer than three requests take on a machine that is busy with other things. */
const DRAIN_SECONDS = 8

describe('a proxy in a pod', () => {
  let citadel: CitadelProcess
  let backend: Server
  let pilot: TestControlPlane
  let proxy: Child
  let [front, inbound, status, ready, admin] = [0, 0, 0, 0, 0]

  beforeAll(async () => {
    citadel = await CitadelProcess.start(builtProgram('citadel/main'))
    writeFileSync(citadel.path('token'), citadel.issuer.token('default', 'a'))
    backend = createServer((_, response) => response.end('ok'))
    backend.listen(0, '127.0.0.1')
    await once(backend, 'listening')
  })
  afterAll(async () => {
    backend.close()
    await citadel?.[Symbol.asyncDispose]()
  })

  beforeEach(async () => {
    ;[front = 0, inbound = 0, status = 0, ready = 0, admin = 0] = await freePorts(5)
    const address = backend.address()
    const service = cluster('service', typeof address === 'object' && address !== null ? address.port : 0)
    pilot = new TestControlPlane()
    const named = (port: number, direction: string): Parameters<typeof jsonResource>[2] => ({
      ...listener(port, httpFilter('service', 'AUTO')),
      traffic_direction: direction,
    })
    pilot.set(
      new Map([
        [CLUSTER_TYPE, [jsonResource(CLUSTER_TYPE, 'service', service)]],
        [
          LISTENER_TYPE,
          [
            jsonResource(LISTENER_TYPE, `listener-${front}`, named(front, 'OUTBOUND')),
            jsonResource(LISTENER_TYPE, `listener-${inbound}`, named(inbound, 'INBOUND')),
          ],
        ],
      ]),
    )
    await pilot.start()
  })
  afterEach(async () => {
    await proxy?.kill()
    pilot?.stop()
  })

  async function start(drainSeconds: number): Promise<void> {
    const config = { discoveryAddress: pilot.address, controlPlaneAuthPolicy: 'NONE', terminationDrainDuration: `${drainSeconds}s` }
    const environment = {
      ...{
        POD_NAME: 'a-1',
        POD_NAMESPACE: 'default',
        SERVICE_ACCOUNT: 'a',
        INSTANCE_IP: '127.0.0.1',
        PROXY_CONFIG: JSON.stringify(config),
      },
      ...{ CA_ADDR: `127.0.0.1:${citadel.port}`, CA_ROOT_CA: citadel.path('root-cert.pem') },
    }
    const ports = ['--status-address', `127.0.0.1:${status}`, '--ready-address', `127.0.0.1:${ready}`, '--metrics-address', 'off']
    const args = [
      'proxy',
      'sidecar',
      '--proxyLogLevel=warning',
      ...ports,
      '--admin',
      `127.0.0.1:${admin}`,
      '--token',
      citadel.path('token'),
    ]
    proxy = startProgram(PROXY, { name: 'proxy', args, environment })
    await proxy.whenReady()
  }

  /** Of a connection of its own: the status, and whether the client is asked to leave. */
  async function call(port: number, path = '/', method = 'GET'): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method })
    await response.text()
    return `${response.status} ${response.headers.get('connection')}`
  }

  async function wait(program: ProgramName, ...flags: readonly string[]): Promise<{ readonly code: number | null; readonly text: string }> {
    const child = new Child({
      name: 'wait',
      ipc: false,
      command: [process.execPath, builtProgram(program).file, 'wait', '--url', `http://127.0.0.1:${ready}/healthz/ready`, ...flags],
    })
    await child.whenExited()
    return { code: child.process.exitCode, text: child.log.all() }
  }

  it('serves in both directions until the drain time is over, and asks clients from outside to leave', async () => {
    await start(DRAIN_SECONDS)
    expect([await call(front), await call(inbound), await call(ready, '/healthz/ready')]).toEqual([
      '200 null',
      '200 null',
      expect.stringMatching(/^200/),
    ])
    const begin = performance.now()
    proxy.process.kill('SIGTERM')
    await expect.poll(() => call(inbound), { timeout: DRAIN_SECONDS * 1000 }).toBe('200 close')
    expect([await call(front), await call(ready, '/healthz/ready')]).toEqual(['200 null', expect.stringMatching(/^503/)])
    await proxy.whenExited()
    expect(performance.now() - begin).toBeGreaterThan(DRAIN_SECONDS * 1000 - 100)
    expect(proxy.process.exitCode).toBe(0)
  })

  it('ends when somebody in the pod says so', async () => {
    await start(0)
    expect(await call(status, '/quitquitquit')).toMatch(/^404/)
    expect(await call(status, '/quitquitquit', 'POST')).toMatch(/^200/)
    await proxy.whenExited()
    expect(proxy.process.exitCode).toBe(0)
  })

  // The second is what images run as `meshwork-proxy wait`.
  it.each<ProgramName>(['proxy/main', 'proxy/wait-main'])(
    'is waited for by the start gate, which says why it is not ready: %s',
    async program => {
      await start(0)
      expect(await wait(program)).toEqual({ code: 0, text: '' })
      await proxy.kill()
      const { code, text } = await wait(program, '--timeoutSeconds', '1')
      expect([code, text]).toEqual([1, expect.stringContaining('PROXY_NOT_READY')])
    },
  )
})
