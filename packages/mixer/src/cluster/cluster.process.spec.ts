import { customResourceDefinitions } from '@meshwork/config/crds'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { freePorts } from '@meshwork/testkit/net'
import { builtProgram, type Child, siblingProgram, startProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const obstacle = apiServerObstacle()
const WAIT = { timeout: 20_000, interval: 100 }
const RULE = `
apiVersion: config.istio.io/v1alpha2
kind: denier
metadata: {name: refuse, namespace: istio-system}
spec: {status: {code: 7, message: not today}}
---
apiVersion: config.istio.io/v1alpha2
kind: checknothing
metadata: {name: refused, namespace: istio-system}
spec: {}
---
apiVersion: config.istio.io/v1alpha2
kind: rule
metadata: {name: refuse, namespace: istio-system}
spec: {actions: [{handler: refuse.denier, instances: [refused.checknothing]}]}
`

describe.skipIf(obstacle !== null)(`mixer on a real API server${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let server: TestApiServer
  let mixer: Child | undefined
  let denier: Child | undefined

  beforeAll(async () => {
    server = await TestApiServer.start()
  })

  afterAll(async () => {
    await mixer?.stop()
    await denier?.stop()
    await server?.[Symbol.asyncDispose]()
  })

  test('rules, handlers and instances of the cluster are in force, those of kinds defined later too', async () => {
    const [grpc = 0, metrics = 0, adapter = 0] = await freePorts(3)
    denier = startProgram(builtProgram('adapters/denier/main'), { name: 'denier', args: ['--address', `127.0.0.1:${adapter}`] })
    await denier.whenReady()
    const addresses = ['--address', `127.0.0.1:${grpc}`, '--metrics-address', `127.0.0.1:${metrics}`]
    const args = ['--kubeconfig', server.kubeconfig, ...addresses, '--adapter', `denier=127.0.0.1:${adapter}`]
    mixer = startProgram(siblingProgram('../main', import.meta.url), { name: 'mixer', args })
    await mixer.whenReady()
    const kinds = new Set(['denier', 'checknothing', 'rule'])
    const items = customResourceDefinitions().filter(({ spec }) => kinds.has(spec.names.kind))
    await server.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
    await server.kubectl(['create', 'namespace', 'istio-system'])
    await expect
      .poll(
        () =>
          server.kubectl(['apply', '-f', '-'], RULE).then(
            () => true,
            () => false,
          ),
        WAIT,
      )
      .toBe(true)
    const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text()
    await expect.poll(page, WAIT).toMatch(/^mixer_config_rule_config_count\{[^}]*\} 1$/m)
    expect(await page()).toMatch(/^mixer_config_handler_config_count\{[^}]*\} 1$/m)
  })
})
