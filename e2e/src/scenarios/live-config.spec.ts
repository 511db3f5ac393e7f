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
  // The route stands before the subset that it needs.
  await mesh.apply('rules', `${echoRules(`- ${to('canary')}`)}---${CANARY}`)
  await eventually(async () => expect(await answering()).toBe('echo-v1'))
  await mesh.apply('rules', echoRules(`- ${to('v2')}`))
  await eventually(async () => expect(await answering()).toBe('echo-v2'))
  const { failures } = await load.stop()
  expect(failures).toEqual([])
})

it('[traffic-111] an invalid object leaves the last good one and all others in force, and is named by file, line and path', async () => {
  await mesh.apply('rules', echoRules(`- ${to('v1')}`))
  await eventually(async () => expect(await answering()).toBe('echo-v1'))
  const invalid = echoRules('- route: [{destination: {host: echo, subset: v2}, weight: 130.5}]')
  await mesh.apply('rules', invalid)
  await mesh.apply('other', OTHER)
  await eventually(async () => expect((await mesh.request(ANN, { host: 'ben:8000', path: '/teapot' })).status).toBe(301))
  expect(await answeredBy(mesh, ANN, { host: ECHO }, 10)).toEqual({ 'echo-v1': 10 })
  const [rejection] = await rejections()
  expect(rejection?.origin.file).toMatch(/rules\.yaml$/)
  expect(rejection?.violations).toMatchObject([{ path: 'spec.http[0].route[0].weight', line: lineOf(invalid, 'weight') }])
})

it('[traffic-109] changes subsets and routes under load without an error', async () => {
  await mesh.apply('rules', echoRules(`- ${to('v1')}`))
  const failures: number[] = []
  const send = async (): Promise<void> => {
    const reply = await mesh.request(ANN, { host: ECHO })
    if (reply.status !== 200) failures.push(reply.status)
  }
  const pending: Promise<void>[] = []
  for (let turn = 0; turn < 500; turn++) {
    pending.push(send())
    // Every two seconds or so: a subset with the route to it, or the route away and the subset gone.
    if (turn % 80 === 40) await mesh.apply('rules', `${echoRules(`- ${to('canary')}`)}---${CANARY}`)
    if (turn % 80 === 79) await mesh.apply('rules', echoRules(`- ${to('v2')}`))
    await new Promise(resolve => setTimeout(resolve, 1000 / REQUESTS_PER_SECOND))
  }
  await Promise.all(pending)
  expect(failures).toEqual([])
})

const REQUESTS_PER_SECOND = 20

it('a file that is no YAML leaves everything in force, and is named by file and line', async () => {
  await mesh.apply('rules', echoRules(`- ${to('v1')}`))
  await eventually(async () => expect(await answering()).toBe('echo-v1'))
  await mesh.apply('rules', 'kind: [VirtualService\n')
  await eventually(async () => expect((await rejections())[0]?.origin.file).toMatch(/rules\.yaml$/))
  expect((await rejections())[0]?.violations[0]?.line).toBeGreaterThan(0)
  expect(await answeredBy(mesh, ANN, { host: ECHO }, 10)).toEqual({ 'echo-v1': 10 })
  await mesh.apply('rules', echoRules(`- ${to('v2')}`))
  await eventually(async () => expect(await answering()).toBe('echo-v2'))
  expect(await rejections()).toEqual([])
})

interface Rejection {
  readonly origin: { readonly file: string; readonly line: number }
  readonly violations: readonly { readonly path: string; readonly line: number }[]
}

/** What pilot says about objects that it refused. */
async function rejections(): Promise<readonly Rejection[]> {
  const { body } = await mesh.page('pilot', 'debug', '/debug/rejections')
  const parsed: readonly Rejection[] = JSON.parse(body)
  return parsed
}

/** 1-based line of the first occurrence. */
function lineOf(text: string, word: string): number {
  return text.slice(0, text.indexOf(word)).split('\n').length
}

const CANARY = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo-canary, namespace: default}
spec: {host: echo, subsets: [{name: canary, labels: {version: v1}}]}
`

const OTHER = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ben, namespace: default}
spec:
  hosts: [ben]
  http: [{match: [{uri: {exact: /teapot}}], redirect: {uri: /kettle}}, {route: [{destination: {host: ben}}]}]
`
