import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { freePorts, runCommand } from '@meshwork/testkit/net'
import { siblingProgram, startProgram } from '@meshwork/testkit/process'
import { WebhookPilot } from '@meshwork/testkit/kubernetes'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

/** Verdicts of Istio's admission, recorded; beside the repository. */
const VERDICTS = path.resolve(import.meta.dirname, '../../../../shared/conformance/traffic/900-validation.json')
const KINDS_FOLDER = path.resolve(import.meta.dirname, '../../config/src/kinds')
const SERVICE =
  'apiVersion: v1\nkind: Service\nmetadata: {name: reviews}\nspec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 9080}]}\n'

type Fields = Readonly<Record<string, unknown>>

interface Response {
  readonly allowed: boolean
  readonly uid: string
  readonly status?: {
    readonly message: string
    readonly details: { readonly causes: readonly { readonly field: string; readonly reason: string }[] }
  }
  readonly warnings?: readonly string[]
}

let pilot: WebhookPilot

beforeAll(async () => {
  pilot = await WebhookPilot.start(siblingProgram('main', import.meta.url), 'pilot.istio-system.svc', at => {
    writeFileSync(at('config/service.yaml'), SERVICE)
    return []
  })
})

afterAll(() => pilot?.[Symbol.asyncDispose]())

function reviewOf(object: unknown, changes: Fields = {}): string {
  const asked = { uid: 'u1', operation: 'CREATE', namespace: 'default', object, dryRun: true, ...changes }
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: asked })
}

async function ask(body: string): Promise<Response> {
  const { status, text } = await pilot.post('/validate', body)
  if (status !== 200) throw new Error(`${status}: ${text}`)
  return (JSON.parse(text) as { response: Response }).response
}

/** A client that we did not write. */
function curl(...args: readonly string[]): Promise<string> {
  const place = ['--resolve', `pilot.istio-system.svc:${pilot.webhookPort}:127.0.0.1`, '--cacert', pilot.path('root.pem')]
  return runCommand(['curl', '-sS', '--max-time', '20', ...place, ...args])
}

const url = (file: string): string => `https://pilot.istio-system.svc:${pilot.webhookPort}${file}`
const json = ['-H', 'content-type: application/json']

function route(settings: Fields = {}, host = 'reviews'): Fields {
  const spec = { hosts: ['reviews'], http: [{ route: [{ destination: { host } }], ...settings }] }
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'reviews' }, spec }
}

test('[traffic-110] curl as API server: good passes, bad is refused by field, a doubtful object gets a warning, deletion always passes', async () => {
  const post = async (body: string): Promise<unknown> => JSON.parse(await curl(...json, '-d', body, url('/validate?timeout=10s')))
  const answer = (response: unknown): unknown => ({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response })
  expect(await post(reviewOf(route()))).toEqual(answer({ uid: 'u1', allowed: true }))
  expect(await post(reviewOf(route({ timeout: 'soon' })))).toMatchObject({
    response: {
      uid: 'u1',
      allowed: false,
      status: { message: expect.stringContaining('spec.http[0].timeout'), details: { causes: [{ field: 'spec.http[0].timeout' }] } },
    },
  })
  expect(await post(reviewOf(route({}, 'nobody')))).toMatchObject({
    response: { allowed: true, warnings: [expect.stringMatching(/^IST0101 /)] },
  })
  expect(await post(reviewOf(null, { operation: 'DELETE', oldObject: route({ timeout: 'soon' }) }))).toEqual(
    answer({ uid: 'u1', allowed: true }),
  )
})

test('what is no review gets an answer that says so', async () => {
  const status = (...args: readonly string[]): Promise<string> => curl('-o', '/dev/null', '-w', '%{http_code}', ...args)
  const large = pilot.path('large.txt')
  writeFileSync(large, 'x'.repeat(7 * 1024 * 1024))
  expect(await status(url('/validate'))).toBe('405')
  expect(await status('-d', '{}', url('/validate'))).toBe('415')
  expect(await status(...json, '-X', 'POST', url('/validate'))).toBe('400')
  expect(await status(...json, '-d', '{"kind":"AdmissionReview"}', url('/validate'))).toBe('400')
  expect(await status(...json, '-d', '{}', url('/elsewhere'))).toBe('404')
  expect(await status(...json, '-H', 'expect: 100-continue', '--data-binary', `@${large}`, url('/validate'))).toBe('413')
  const chunked = ['-H', 'transfer-encoding: chunked', '-H', 'expect: 100-continue']
  expect(await status(...json, ...chunked, '--data-binary', `@${large}`, url('/validate')).catch(String)).toMatch(/413|COMMAND_FAILED/)
  expect(await ask(reviewOf(route()))).toEqual({ uid: 'u1', allowed: true })
})

interface Sample {
  readonly object: Fields
  /** `path code` of every violation; empty for a good one. */
  readonly violations: readonly string[]
}

/** The samples of every kind, from its folder. */
function samples(): readonly (readonly [string, readonly Sample[]])[] {
  const folders = readdirSync(KINDS_FOLDER).filter(name => existsSync(path.join(KINDS_FOLDER, name, 'testdata', 'good.yaml')))
  return folders.map(name => {
    const text = (file: string): string => readFileSync(path.join(KINDS_FOLDER, name, 'testdata', file), 'utf8')
    const good = parseAllDocuments(text('good.yaml')).map(document => ({ object: document.toJS() as Fields, violations: [] }))
    return [name, [...good, ...(parse(text('bad.yaml'), { merge: true }) as readonly Sample[])]] as const
  })
}

const OURS = /\.(?:istio\.io|meshwork\.dev)\/|^meshwork\.dev\//

describe('samples of the kinds', () => {
  test.each(samples())('%s', async (_, list) => {
    expect(list.length).toBeGreaterThan(0)
    for (const { object, violations } of list) {
      const { allowed, status, warnings = [] } = await ask(reviewOf(object))
      const isOurs = OURS.test(String(object['apiVersion']))
      if (violations.length === 0 || !isOurs) expect({ object, allowed }).toEqual({ object, allowed: true })
      else expect(status?.details.causes.map(({ field, reason }) => `${field} ${reason}`).toSorted()).toEqual(violations.toSorted())
      if (!isOurs && violations.length > 0 && object['kind'] !== 'Secret' && !violations.some(each => each.startsWith('metadata')))
        expect({ object, warnings }).toEqual({ object, warnings: expect.arrayContaining([expect.stringContaining('does not read it')]) })
    }
  })
})

describe.skipIf(!existsSync(VERDICTS))("Istio's verdicts (needs shared/conformance beside the repository)", () => {
  test('equal ours, all of them', async () => {
    const { cases } = JSON.parse(readFileSync(VERDICTS, 'utf8')) as {
      readonly cases: readonly { readonly id: string; readonly object: unknown; readonly expect: { readonly accepted: boolean } }[]
    }
    const ours: (readonly [string, boolean])[] = []
    for (const { id, object } of cases) ours.push([id, (await ask(reviewOf(object))).allowed])
    expect(ours).toEqual(cases.map(({ id, expect: { accepted } }) => [id, accepted]))
    expect(cases.length).toBeGreaterThan(100)
  })
})

test('numbers under the names of Istio; nothing of what was asked is in force', async () => {
  await ask(reviewOf(route()))
  await ask(reviewOf(route({ timeout: 'soon' })))
  const metrics = await pilot.page('/metrics')
  const kind = 'group="networking.istio.io",version="v1",resource="virtualservices"'
  expect(metrics).toMatch(new RegExp(`galley_validation_passed\\{${kind}\\} [1-9]`))
  expect(metrics).toMatch(new RegExp(`galley_validation_failed\\{${kind},reason="invalid_resource"\\} [1-9]`))
  expect(metrics).toMatch(/galley_validation_http_error\{status="\d+"\} [1-9]/)
  expect(JSON.parse(await pilot.page('/debug/configz'))).toMatchObject([{ kind: 'Service' }])
})

test('a certificate that does not fit its key stops the start, and says which flags', async () => {
  const stranger = await pilot.ca.issue('elsewhere')
  writeFileSync(pilot.path('strange-key.pem'), stranger.privateKeyPem)
  const [xds = 0, http = 0] = await freePorts(2)
  const flags = [
    '--xds-address',
    `127.0.0.1:${xds}`,
    '--http-address',
    `127.0.0.1:${http}`,
    '--webhook-address',
    '127.0.0.1:0',
    '--config-dir',
    pilot.path('config'),
  ]
  const main = siblingProgram('main', import.meta.url)
  await using mismatched = startProgram(main, {
    name: 'pilot',
    args: [...flags, '--tls-certificate', pilot.path('chain.pem'), '--tls-key', pilot.path('strange-key.pem')],
  })
  await expect(mismatched.whenReady()).rejects.toMatchObject({ code: 'TLS_FILES_UNUSABLE', message: expect.stringContaining('--tls-key') })
  await using bare = startProgram(main, { name: 'pilot', args: flags })
  await expect(bare.whenReady()).rejects.toMatchObject({ code: 'FLAGS_INCOMPLETE', message: expect.stringContaining('--webhook-address') })
})
