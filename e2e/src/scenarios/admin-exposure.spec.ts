import { request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'

import { admin, bootstrap, cluster, httpFilter, listener, StaticProxy, tlsServer } from '@meshwork/testkit/bootstrap'
import { createTestCa, type TestCertificate } from '@meshwork/testkit/ca'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, startProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** Pages that change something (admin/control-pages.ts, admin/logging-page.ts). */
const ACTIONS = ['/healthcheck/fail', '/healthcheck/ok', '/reset_counters', '/drain_listeners', '/quitquitquit', '/logging?level=debug']
const PAGES = [
  '/',
  '/help',
  '/certs',
  '/clusters',
  '/clusters?format=json',
  '/config_dump',
  '/config_dump?include_eds',
  '/listeners',
  '/ready',
]
const MORE_PAGES = ['/server_info', '/stats', '/stats?format=json', '/stats/prometheus']

describe('the admin interface', () => {
  let proxy: StaticProxy
  let certificate: TestCertificate
  let [port, adminPort] = [0, 0]

  beforeAll(async () => {
    certificate = await (await createTestCa()).issue('spiffe://cluster.local/ns/default/sa/a')
    ;[port = 0, adminPort = 0] = await freePorts(2)
    const listeners = [listener(port, httpFilter('a', 'AUTO'), tlsServer(certificate, ['h2']))]
    const secret = {
      name: 'kept',
      tls_certificate: {
        certificate_chain: { inline_string: certificate.certificateChainPem },
        private_key: { inline_string: certificate.privateKeyPem },
      },
    }
    const resources = { static_resources: { listeners, clusters: [cluster('a', 1)], secrets: [secret] } }
    proxy = await StaticProxy.start('admin', bootstrap([], [], { ...resources, ...admin(adminPort) }))
  })

  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
  })

  function ask(
    path: string,
    method: string = 'GET',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ port: adminPort, host: '127.0.0.1', path, method, headers, agent: false }, response => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (part: string) => (body += part))
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body }))
      })
      outgoing.once('error', reject)
      outgoing.end()
    })
  }

  it('[security-96] listens on loopback only, also on a machine with other addresses', async () => {
    const others = Object.values(networkInterfaces()).flatMap(each => each ?? [])
    for (const { address, family, internal } of others) {
      if (!internal && family === 'IPv4') expect(await reachable(address, adminPort)).toBe(false)
    }
    expect(await reachable('127.0.0.1', adminPort)).toBe(true)
    expect(await reachable('127.0.0.2', adminPort)).toBe(false)
  })

  it('[security-96] refuses to be put elsewhere in a mesh', async () => {
    const args = ['--node', 'sidecar~127.0.0.1~a.default~default.svc.cluster.local', '--admin', '0.0.0.0:0', '--sds', '127.0.0.1:1']
    const child = startProgram(builtProgram('proxy/main'), { name: 'proxy', args })
    await expect(child.whenReady()).rejects.toThrow('the admin interface may not listen on 0.0.0.0')
    await child.stop()
  })

  it('[security-96] shows no private key on any page', async () => {
    // The body of the PEM, without its line ends and however it is escaped.
    const [, secret = '-'] = certificate.privateKeyPem.split('\n')
    const raw = Buffer.from(certificate.privateKeyPem).toString('base64').slice(60, 120)
    for (const path of [...PAGES, ...MORE_PAGES]) {
      const { status, body } = await ask(path)
      expect([path, status]).toEqual([path, 200])
      expect(body).not.toContain(secret)
      expect(body).not.toContain(raw)
      expect(body).not.toMatch(/PRIVATE KEY/)
    }
    expect((await ask('/config_dump')).body).toContain('[redacted]')
  })

  it('[security-96] changes nothing for GET, nor for a page of another site', async () => {
    const state = async (): Promise<readonly unknown[]> => {
      const [{ body: info }, ready, { body: levels }] = [await ask('/server_info'), await ask('/ready'), await ask('/logging', 'POST')]
      return [/"state": *"[^"]*"/.exec(info)?.[0], ready, levels]
    }
    const before = await state()
    for (const path of ACTIONS) {
      for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS'])
        expect([path, method, (await ask(path, method)).status]).toEqual([path, method, 405])
      expect((await ask(path, 'POST', { host: 'evil.example' })).status).toBe(403)
      expect((await ask(path, 'POST', { origin: 'http://evil.example' })).status).toBe(403)
      expect((await ask(path, 'POST', { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    }
    expect(await state()).toEqual(before)
    expect(await reachable('127.0.0.1', port)).toBe(true)
    // The same with POST, by somebody of this machine, does act.
    expect((await ask('/logging?level=debug', 'POST')).status).toBe(200)
    expect(await state()).not.toEqual(before)
  })
})

function reachable(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: 2000 })
    const finish = (yes: boolean): void => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('connect', () => finish(true))
    socket.once('error', () => finish(false))
    socket.once('timeout', () => finish(false))
  })
}
