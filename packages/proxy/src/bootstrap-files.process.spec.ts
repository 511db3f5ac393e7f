import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@meshwork/testkit/net'
import { builtProgram, type Child, startProgram } from '@meshwork/testkit/process'
import { afterEach, beforeEach, expect, it } from 'vitest'

const MANAGER = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
const ROUTER = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router'

let folder: string
let child: Child | null = null

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshwork-files-'))
})

afterEach(async () => {
  await child?.stop()
  child = null
  rmSync(folder, { recursive: true, force: true })
})

function listeners(port: number, text: string): string {
  return `
resources:
  - '@type': type.googleapis.com/envoy.config.listener.v3.Listener
    name: front
    address: { socket_address: { address: 127.0.0.1, port_value: ${port} } }
    filter_chains:
      - filters:
          - name: envoy.filters.network.http_connection_manager
            typed_config:
              '@type': ${MANAGER}
              stat_prefix: front
              route_config:
                virtual_hosts: [{ name: all, domains: ['*'], routes: [{ match: { prefix: / }, direct_response: { status: 200, body: { inline_string: ${text} } } }] }]
              http_filters: [{ name: router, typed_config: { '@type': ${ROUTER} } }]
`
}

it('takes clusters and listeners from files, follows them, and keeps what it has when one has a mistake', async () => {
  const port = await freePort()
  const [lds, cds] = [join(folder, 'lds.yaml'), join(folder, 'cds.yaml')]
  writeFileSync(cds, `resources: [{ '@type': type.googleapis.com/envoy.config.cluster.v3.Cluster, name: a, type: STATIC }]\n`)
  writeFileSync(lds, listeners(port, 'first'))
  const bootstrap = join(folder, 'bootstrap.yaml')
  const dynamic = `cds_config: { path_config_source: { path: ${cds} } }, lds_config: { path: ${lds} }`
  writeFileSync(bootstrap, `{ node: { id: edge, cluster: edge }, dynamic_resources: { ${dynamic} } }\n`)
  child = startProgram(builtProgram('proxy/main'), { name: 'proxy', args: ['-c', bootstrap] })
  await child.whenReady()
  const answer = async (): Promise<string> => await (await fetch(`http://127.0.0.1:${port}/`)).text()
  expect(await answer()).toBe('first')
  writeFileSync(lds, listeners(port, 'second'))
  await expect.poll(answer, { timeout: 10_000 }).toBe('second')
  writeFileSync(lds, listeners(port, 'third').replace('stat_prefix', 'stat_prefx'))
  await expect.poll(() => child?.log.all() ?? '', { timeout: 10_000 }).toMatch(/resources\[0\].*stat_prefx: unknown field/)
  expect(await answer()).toBe('second')
  writeFileSync(lds, listeners(port, 'fourth'))
  await expect.poll(answer, { timeout: 10_000 }).toBe('fourth')
})

it('refuses sources of different kinds', async () => {
  const bootstrap = join(folder, 'bootstrap.yaml')
  writeFileSync(bootstrap, `dynamic_resources: { cds_config: { path: a.yaml }, lds_config: { ads: {} } }\n`)
  child = startProgram(builtProgram('proxy/main'), { name: 'proxy', args: ['-c', bootstrap] })
  await expect(child.whenReady()).rejects.toMatchObject({
    message: expect.stringContaining('dynamic_resources: path and ads together are not supported'),
  })
})
