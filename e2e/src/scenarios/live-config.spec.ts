import { afterAll, beforeAll, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import type { Mesh } from '../backend/mesh.ts'
import { answeredBy, echoed } from '../mesh/echo.ts'
import { eventually } from '../mesh/eventually.ts'
import { Load } from '../mesh/load.ts'
import { ANN, ECHO, echoRules, shop, to } from '../mesh/shop.ts'

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start(shop('live', { rules: echoRules(`- ${to('v1')}`) }))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

async function answering(): Promise<string> {
  return echoed(await mesh.request(ANN, { host: ECHO })).name
}

it('[traffic-140] an edited file changes traffic within a second', async () => {
  await eventually(async () => expect(await answering()).toBe('echo-v1'))
  await mesh.apply('rules', echoRules(`- ${to('v2')}`))
  expect(await eventually(async () => expect(await answering()).toBe('echo-v2'))).toBeLessThan(1000)
})

it('loses no request while the rules change', async () => {
  const load = new Load(() => mesh.request(ANN, { host: ECHO }))
  for (const subset of ['v1', 'v2', 'v1', 'v2']) {
    await mesh.apply('rules', echoRules(`- ${to(subset)}`))
    await eventually(async () => expect(await answering()).toBe(`echo-${subset}`))
  }
  const { sent, failures } = await load.stop()
  expect(failures).toEqual([])
  expect(sent).toBeGreaterThan(20)
})

it('brings a new subset and the route to it in one file without an error', async () => {
  const load = new Load(() => mesh.request(ANN, { host: ECHO }))
  const subset = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo-canary, namespace: default}
spec: {host: echo, subsets: [{name: canary, labels: {version: v1}}]}
`
  // The route stands before the subset that it needs.
  await mesh.apply('rules', `${echoRules(`- ${to('canary')}`)}---${subset}`)
  await eventually(async () => expect(await answering()).toBe('echo-v1'))
  await mesh.apply('rules', echoRules(`- ${to('v2')}`))
  await eventually(async () => expect(await answering()).toBe('echo-v2'))
  const { failures } = await load.stop()
  expect(failures).toEqual([])
})

it('[traffic-111] an invalid object leaves the last good one and all others in force', async () => {
  await mesh.apply('rules', echoRules(`- ${to('v1')}`))
  await eventually(async () => expect(await answering()).toBe('echo-v1'))
  await mesh.apply('rules', echoRules(`- route: [{destination: {host: echo, subset: v2}, weight: 130.5}]`))
  await mesh.apply('other', OTHER)
  await eventually(async () => expect((await mesh.request(ANN, { host: 'ben:8000', path: '/teapot' })).status).toBe(301))
  expect(await answeredBy(mesh, ANN, { host: ECHO }, 10)).toEqual({ 'echo-v1': 10 })
})

it('a file that is no YAML leaves everything in force', async () => {
  await mesh.apply('rules', 'kind: [VirtualService\n')
  await new Promise(resolve => setTimeout(resolve, 500))
  expect(await answeredBy(mesh, ANN, { host: ECHO }, 10)).toEqual({ 'echo-v1': 10 })
  await mesh.apply('rules', echoRules(`- ${to('v2')}`))
  await eventually(async () => expect(await answering()).toBe('echo-v2'))
})

const OTHER = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ben, namespace: default}
spec:
  hosts: [ben]
  http: [{match: [{uri: {exact: /teapot}}], redirect: {uri: /kettle}}, {route: [{destination: {host: ben}}]}]
`
