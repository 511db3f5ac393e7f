import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readFiles, readText } from '../../file/index.ts'
import { meshFileParser } from '../parse-object.ts'

const configMap = (mesh: string, name = 'istio'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: istio-system}\ndata:\n  mesh: ${JSON.stringify(mesh)}\n`

describe("Istio's ConfigMap", () => {
  test.each(['istio', 'istio-canary'])('%s has the settings of the mesh as a text', name => {
    const { objects } = readText(configMap('enableAutoMtls: false\ndefaultConfig: {concurrency: 2}', name), 'c.yaml')
    expect(objects).toMatchObject([
      { kind: 'MeshConfig', meta: { name }, spec: { enableAutoMtls: false, defaultConfig: { concurrency: 2 } } },
    ])
  })

  test('what is wrong in the text is told with the place of the text', () => {
    const { rejections } = readText(configMap('enableAutoMtls: maybe'), 'c.yaml')
    expect(rejections[0]?.violations).toMatchObject([{ path: 'data.mesh.spec.enableAutoMtls', line: 5 }])
    expect(readText(configMap('a: ['), 'c.yaml').rejections[0]?.violations).toMatchObject([{ path: 'data.mesh', code: 'bad-yaml' }])
  })

  test('networks stand below a key of their own', () => {
    const settings = configMap('enableAutoMtls: false')
    const networks =
      'networks: {one: {endpoints: [{fromRegistry: east}], gateways: [{registryServiceName: gw.istio-system.svc.cluster.local, port: 443}]}}'
    const { objects } = readText(`${settings}  meshNetworks: ${JSON.stringify(networks)}\n`, 'c.yaml')
    expect(objects).toMatchObject([
      {
        kind: 'MeshConfig',
        spec: {
          enableAutoMtls: false,
          meshNetworks: { networks: { one: { endpoints: [{ fromRegistry: 'east' }], gateways: [{ port: 443 }] } } },
        },
      },
    ])
  })

  test.each([
    ['networks: {one: {endpoints: [{fromCidr: 10.0.0.0/99}]}}', 'data.meshNetworks.networks.one.endpoints[0].fromCidr'],
    ['networks: {one: {gateways: [{address: 192.0.2.1, port: 99999}]}}', 'data.meshNetworks.networks.one.gateways[0].port'],
    ['networks: {one: {gateways: [{port: 443}]}}', 'data.meshNetworks.networks.one.gateways[0]'],
    ['a: [', 'data.meshNetworks'],
  ])('networks that say %s are refused at their place', (networks, path) => {
    const { rejections } = readText(
      `${configMap('a: b').replace(/mesh:.*/, 'mesh: ""')}  meshNetworks: ${JSON.stringify(networks)}\n`,
      'c.yaml',
    )
    expect(rejections[0]?.violations).toMatchObject([{ path, line: 6 }])
  })

  test('other ConfigMaps are passed over', () => {
    const { objects, rejections } = readText(
      `${configMap('a: b', 'other')}---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: istio}}`,
      'c.yaml',
    )
    expect([...objects, ...rejections]).toEqual([])
  })
})

describe('a file of settings', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-file-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each([
    ['bare', 'accessLogFile: /dev/stdout\ntrust_domain: a.example\n'],
    ['as ConfigMap', configMap('accessLogFile: /dev/stdout\ntrustDomain: a.example\n')],
    [
      'with its kind',
      'apiVersion: meshwork.dev/v1\nkind: MeshConfig\nmetadata: {name: a}\nspec: {accessLogFile: /dev/stdout, trustDomain: a.example}\n',
    ],
  ])('%s', async (_, text) => {
    const file = join(folder, 'mesh.yaml')
    writeFileSync(file, text)
    const { objects } = await readFiles(file, meshFileParser())
    expect(objects).toMatchObject([{ kind: 'MeshConfig', spec: { accessLogFile: '/dev/stdout', trustDomain: 'a.example' } }])
  })

  test('an unknown field of a bare file is refused on its line', async () => {
    const file = join(folder, 'bad.yaml')
    writeFileSync(file, 'accessLogFile: /dev/stdout\naccesLogFormat: x\n')
    const { rejections } = await readFiles(file, meshFileParser())
    expect(rejections[0]?.violations).toMatchObject([{ path: 'spec.accesLogFormat', line: 2, hint: "did you mean 'accessLogFormat'?" }])
  })
})
