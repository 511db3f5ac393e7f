import { Resolver } from 'node:dns/promises'
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DnsStub } from '../mesh/dns-stub.ts'
import { freePort } from '@meshwork/testkit/net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../mesh/eventually.ts'
import { SmallMesh } from '../mesh/small-mesh.ts'

const ENTRY = (host: string): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${host.replaceAll('.', '-')}, namespace: default}
spec: {hosts: [${host}], resolution: STATIC, ports: [{number: 3306, name: tcp, protocol: TCP}], endpoints: [{address: 127.0.0.1}]}
`
const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec: {clusterIP: 10.96.0.10, ports: [{name: http, port: 80}]}
`

const running = new AsyncDisposableStack()
const resolver = new Resolver({ timeout: 3000, tries: 1 })
let mesh: SmallMesh

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-names-'))
  running.defer(() => rmSync(folder, { recursive: true, force: true }))
  const resolvConf = join(folder, 'resolv.conf')
  writeFileSync(resolvConf, 'search default.svc.cluster.local\nnameserver 127.0.0.1\n')
  const upstream = running.use(await DnsStub.start('9.9.9.9'))
  const dns = `127.0.0.1:${await freePort()}`
  mesh = running.use(
    await SmallMesh.start({
      yaml: [SERVICE, ENTRY('db.example.com')].join('---'),
      proxy: ['--dns', dns, '--resolv-conf', resolvConf, '--dns-upstream', `127.0.0.1:${upstream.port}`],
    }),
  )
  resolver.setServers([dns])
  await eventually(async () => expect(await resolver.resolve4('web')).toEqual(['10.96.0.10']))
})

afterAll(() => running.disposeAsync())

it('a host without an address has one of our own, which stays', async () => {
  const [address] = await resolver.resolve4('db.example.com')
  expect(address).toMatch(/^240\.240\./)
  expect(await resolver.resolve4('db.example.com.default.svc.cluster.local')).toEqual([address])
  mesh.apply([SERVICE, ENTRY('db.example.com'), ENTRY('second.example.com')].join('---'))
  await eventually(async () => expect((await resolver.resolve4('second.example.com'))[0]).toMatch(/^240\.240\./))
  expect(await resolver.resolve4('db.example.com')).toEqual([address])
})

it('all other names are those of the resolver behind', async () => {
  expect(await resolver.resolve4('example.org')).toEqual(['9.9.9.9'])
  mesh.apply(ENTRY('db.example.com'))
  await eventually(async () => expect(await resolver.resolve4('web.default')).toEqual(['9.9.9.9']))
})
