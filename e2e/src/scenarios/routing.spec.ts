import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { chosenBackend } from '../backend/backends.ts'
import type { Mesh, MeshReply, MeshRequest } from '../backend/mesh.ts'
import { answeredBy, echoed } from '../mesh/echo.ts'
import { eventually } from '../mesh/eventually.ts'
import { ANN, BEN, ECHO, echoRules, shop, to } from '../mesh/shop.ts'

let mesh: Mesh

beforeAll(async () => {
  mesh = await chosenBackend().start(shop('routing'))
})

afterAll(async () => {
  await mesh?.[Symbol.asyncDispose]()
})

function ask(request: Partial<MeshRequest> = {}, pod: string = ANN): Promise<MeshReply> {
  return mesh.request(pod, { host: ECHO, ...request })
}

async function whoAnswers(request: Partial<MeshRequest> = {}, pod: string = ANN): Promise<string> {
  const reply = await ask(request, pod)
  return reply.status === 200 ? echoed(reply).name : String(reply.status)
}

/** Puts rules in force, with a first one by which the test sees that the proxies have them. */
async function rules(http: string): Promise<void> {
  const mark = `mark-${marks++}`
  await mesh.apply('rules', echoRules(`- match: [{uri: {exact: /${mark}}}]\n  redirect: {authority: ${mark}}\n${http.trim()}`))
  const seen = async (pod: string): Promise<void> => {
    expect((await ask({ path: `/${mark}` }, pod)).status).toBe(301)
  }
  await eventually(() => seen(ANN))
  await eventually(() => seen(BEN))
}

let marks = 0

describe('default routing', () => {
  it('[traffic-1] shares requests over the endpoints', async () => {
    const counts = await answeredBy(mesh, ANN, { host: ECHO }, 100)
    expect(counts['echo-v1']).toBeGreaterThanOrEqual(35)
    expect(counts['echo-v2']).toBeGreaterThanOrEqual(35)
  })

  it('[traffic-42] takes absolute URIs on the http_proxy port, by every form of the host', async () => {
    for (const host of [ECHO, 'echo.default:8000', 'echo.default.svc:8000', 'echo.default.svc.cluster.local:8000']) {
      expect((await ask({ host })).status, host).toBe(200)
    }
  })

  it('[traffic-40] routes each request of one connection by itself', async () => {
    const names = await mesh.requestsOnOneConnection(ANN, [{ host: 'ben:8000' }, { host: ECHO }, { host: 'ben:8000' }])
    expect(names.map(reply => echoed(reply).name.replace(/-v.$/, ''))).toEqual(['ben', 'echo', 'ben'])
  })

  it('[traffic-122] makes a request id, and keeps one that is there', async () => {
    expect(echoed(await ask()).headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    const id = '11111111-2222-4333-8444-555555555555'
    expect(echoed(await ask({ headers: { 'x-request-id': id } })).headers['x-request-id']).toBe(id)
  })

  it('[traffic-121] writes one access log line per request in both proxies', async () => {
    const id = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'
    const { name } = echoed(await ask({ headers: { 'x-request-id': id } }))
    for (const component of [`sidecar/${ANN}`, `sidecar/${name}`]) {
      await eventually(async () => {
        const lines = (await mesh.log(component)).split('\n').filter(line => line.includes(id))
        expect(lines, component).toHaveLength(1)
      })
    }
  })
})

describe('matches', () => {
  it('[traffic-7] sends by an exact header', async () => {
    await rules(`- match: [{headers: {end-user: {exact: jason}}}]\n  ${to('v2')}\n- ${to('v1')}`)
    expect(await whoAnswers({ headers: { 'end-user': 'jason' } })).toBe('echo-v2')
    expect(await whoAnswers({ headers: { 'end-user': 'jasons' } })).toBe('echo-v1')
    expect(await whoAnswers()).toBe('echo-v1')
  })

  it('[traffic-8] matches a header by prefix, and by a regular expression that covers it whole', async () => {
    await rules(`- match: [{headers: {foo: {regex: "b.*"}}}, {headers: {foo: {prefix: "aa"}}}]\n  ${to('v2')}\n- ${to('v1')}`)
    expect(await whoAnswers({ headers: { foo: 'bar' } })).toBe('echo-v2')
    expect(await whoAnswers({ headers: { foo: 'aab' } })).toBe('echo-v2')
    expect(await whoAnswers({ headers: { foo: 'xbar' } })).toBe('echo-v1')
  })

  it('[traffic-9] matches the presence of a header', async () => {
    await rules(`- match: [{headers: {x-beta: {}}}]\n  ${to('v2')}\n- ${to('v1')}`)
    expect(await whoAnswers({ headers: { 'x-beta': 'anything' } })).toBe('echo-v2')
    expect(await whoAnswers()).toBe('echo-v1')
  })

  it('[traffic-10] matches the path exactly, by prefix and by regular expression, without the query', async () => {
    await rules(`- match: [{uri: {exact: /a}}, {uri: {prefix: /pre}}, {uri: {regex: "/re[0-9]+"}}]\n  ${to('v2')}\n- ${to('v1')}`)
    for (const path of ['/a', '/a?x=1', '/prefix', '/re12?q']) expect(await whoAnswers({ path }), path).toBe('echo-v2')
    for (const path of ['/A', '/ab', '/Pre', '/re12/x']) expect(await whoAnswers({ path }), path).toBe('echo-v1')
  })

  it('[traffic-11] matches method and authority', async () => {
    await rules(`- match: [{method: {exact: POST}}, {authority: {prefix: "echo.default"}}]\n  ${to('v2')}\n- ${to('v1')}`)
    expect(await whoAnswers({ method: 'POST', body: 'x' })).toBe('echo-v2')
    expect(await whoAnswers({ host: 'echo.default:8000' })).toBe('echo-v2')
    expect(await whoAnswers()).toBe('echo-v1')
  })

  it('[traffic-12] needs all of one block, or any of several blocks', async () => {
    await rules(`- match: [{headers: {a: {exact: x}, b: {exact: y}}}, {headers: {c: {exact: z}}}]\n  ${to('v2')}\n- ${to('v1')}`)
    expect(await whoAnswers({ headers: { a: 'x' } })).toBe('echo-v1')
    expect(await whoAnswers({ headers: { a: 'x', b: 'y' } })).toBe('echo-v2')
    expect(await whoAnswers({ headers: { c: 'z' } })).toBe('echo-v2')
  })

  it('[traffic-13] takes the first rule that matches', async () => {
    await rules(`- ${to('v1')}\n- match: [{uri: {exact: /late}}]\n  ${to('v2')}`)
    expect(await whoAnswers({ path: '/late' })).toBe('echo-v1')
  })

  it('[traffic-14] limits a rule to callers with labels', async () => {
    await rules(`- match: [{sourceLabels: {app: ann}}]\n  ${to('v2')}\n- ${to('v1')}`)
    expect(await whoAnswers({}, ANN)).toBe('echo-v2')
    expect(await whoAnswers({}, BEN)).toBe('echo-v1')
  })
})

describe('destinations', () => {
  it('[traffic-17] splits by weight', async () => {
    await rules(
      `- route:\n  - {destination: {host: echo, subset: v1}, weight: 75}\n  - {destination: {host: echo, subset: v2}, weight: 25}`,
    )
    const counts = await answeredBy(mesh, ANN, { host: ECHO }, 1000)
    expect(counts['echo-v1']).toBeGreaterThanOrEqual(700)
    expect(counts['echo-v1']).toBeLessThanOrEqual(800)
    expect((counts['echo-v1'] ?? 0) + (counts['echo-v2'] ?? 0)).toBe(1000)
  })

  it('[traffic-18] never takes a destination of weight 0', async () => {
    await rules(
      `- route:\n  - {destination: {host: echo, subset: v1}, weight: 100}\n  - {destination: {host: echo, subset: v2}, weight: 0}`,
    )
    expect(await answeredBy(mesh, ANN, { host: ECHO }, 200)).toEqual({ 'echo-v1': 200 })
  })

  it('[traffic-19] takes a single destination without a weight', async () => {
    await rules(`- ${to('v2')}`)
    expect(await answeredBy(mesh, ANN, { host: ECHO }, 20)).toEqual({ 'echo-v2': 20 })
  })

  it('[traffic-56] keeps a subset to the endpoints with its labels', async () => {
    await rules(`- ${to('v1')}`)
    expect(await answeredBy(mesh, ANN, { host: ECHO }, 50)).toEqual({ 'echo-v1': 50 })
  })

  it('[traffic-57] answers 503 for a subset that is not defined', async () => {
    await rules(`- ${to('undefined')}`)
    expect(await whoAnswers()).toBe('503')
  })

  it('[traffic-58] answers 503 for a subset without endpoints', async () => {
    await rules(`- ${to('nobody')}`)
    expect(await whoAnswers()).toBe('503')
  })

  it('[traffic-112] returns to the default when the rule is gone', async () => {
    await rules(`- ${to('v1')}`)
    expect(await answeredBy(mesh, ANN, { host: ECHO }, 20)).toEqual({ 'echo-v1': 20 })
    await mesh.remove('rules')
    await eventually(async () => expect(Object.keys(await answeredBy(mesh, ANN, { host: ECHO }, 10))).toHaveLength(2))
  })
})

describe('changes on the way', () => {
  it('[traffic-20] [traffic-21] redirects to another authority, path or both, keeping the rest', async () => {
    await rules(
      [
        '- match: [{uri: {exact: /both}}]\n  redirect: {authority: other, uri: /new}',
        '- match: [{uri: {exact: /uri}}]\n  redirect: {uri: /new}',
        '- match: [{uri: {exact: /auth}}]\n  redirect: {authority: other}',
        `- ${to('v1')}`,
      ].join('\n'),
    )
    const location = async (path: string): Promise<unknown> => (await ask({ path })).headers['location']
    expect(await location('/both')).toBe('http://other/new')
    expect(await location('/uri')).toBe('http://echo:8000/new')
    expect(await location('/auth')).toBe('http://other/auth')
  })

  it('[traffic-22] replaces the matched prefix of the path', async () => {
    await rules(`- match: [{uri: {prefix: /fortio/}}]\n  rewrite: {uri: /}\n  ${to('v1')}`)
    expect(echoed(await ask({ path: '/fortio/x?q=1' })).path).toBe('/x?q=1')
  })

  it('[traffic-23] shows another authority to the application', async () => {
    await rules(`- rewrite: {authority: other.example}\n  ${to('v1')}`)
    expect(echoed(await ask()).headers['host']).toBe('other.example')
  })

  it('[traffic-37] adds headers to requests', async () => {
    await rules(`- appendHeaders: {x-appended: "yes"}\n  headers: {request: {add: {x-added: "yes"}}}\n  ${to('v1')}`)
    expect(echoed(await ask()).headers).toMatchObject({ 'x-appended': 'yes', 'x-added': 'yes' })
  })
})

describe('time and failures', () => {
  it('[traffic-24] tries again as often as it is told', async () => {
    await rules(`- retries: {attempts: 3, retryOn: "5xx", perTryTimeout: 2s}\n  ${to('v1')}`)
    const plan = { 'x-echo-plan': '503,503,200', 'x-echo-key': 'three-tries' }
    expect(await whoAnswers({ headers: plan })).toBe('echo-v1')
    // The plan stands at its last step now: the three calls were all that were made.
    const exhausted = { 'x-echo-plan': '503,503,503,418', 'x-echo-key': 'three-tries' }
    expect((await ask({ headers: exhausted })).status).toBe(418)
  })

  it('[traffic-26] cuts each try', async () => {
    await rules(`- retries: {attempts: 2, retryOn: "5xx", perTryTimeout: 300ms}\n  ${to('v1')}`)
    const reply = await ask({ headers: { 'x-echo': '200@5000' } })
    expect(reply.status).toBe(504)
    expect(reply.durationMs).toBeGreaterThan(850)
    expect(reply.durationMs).toBeLessThan(2500)
  })

  it('[traffic-27] answers 504 at the limit', async () => {
    await rules(`- timeout: 1s\n  ${to('v1')}`)
    const reply = await ask({ headers: { 'x-echo': '200@3000' } })
    expect(reply.status).toBe(504)
    expect(reply.body).toBe('upstream request timeout')
    expect(reply.durationMs).toBeGreaterThan(950)
    expect(reply.durationMs).toBeLessThan(1200)
  })

  it('[traffic-28] lets an answer take its time where no limit is set', async () => {
    await rules(`- ${to('v1')}`)
    const reply = await ask({ headers: { 'x-echo': '200@20000' } })
    expect(reply.status).toBe(200)
    expect(reply.durationMs).toBeGreaterThan(19_900)
  })

  it('[traffic-31] delays a request before it is aborted', async () => {
    await rules(
      `- fault: {delay: {fixedDelay: 500ms, percentage: {value: 100}}, abort: {httpStatus: 418, percentage: {value: 100}}}\n  ${to('v1')}`,
    )
    const reply = await ask()
    expect(reply.status).toBe(418)
    expect(reply.durationMs).toBeGreaterThan(490)
  })
})

describe('mirrors', () => {
  it('[traffic-33] copies every request, under the name that was called (decision 0025), and the answer is not the copy’s', async () => {
    await rules(`- match: [{uri: {exact: /count}}]\n  ${to('v2')}\n- mirror: {host: echo, subset: v2}\n  ${to('v1')}`)
    let counted = 0
    const served = async (): Promise<number> => echoed(await ask({ path: '/count' })).served - counted++
    const before = await served()
    expect(await answeredBy(mesh, ANN, { host: ECHO }, 100)).toEqual({ 'echo-v1': 100 })
    await eventually(async () => expect((await served()) - before).toBe(100))
  })

  it('[traffic-33] does without a mirror that is down', async () => {
    await rules(`- mirror: {host: echo, subset: nobody}\n  ${to('v1')}`)
    expect(await answeredBy(mesh, ANN, { host: ECHO }, 20)).toEqual({ 'echo-v1': 20 })
  })
})
