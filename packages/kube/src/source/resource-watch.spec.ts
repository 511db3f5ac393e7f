import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@meshwork/core/time'
import { createTestCa } from '@meshwork/testkit/ca'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fieldsOf } from '../client/fields.ts'
import { KubeClient } from '../client/kube-client.ts'
import { ResourceWatch } from './resource-watch.ts'

type Answer = { readonly status: number; readonly lines: readonly object[] }

let folder: string
let server: Server
let client: KubeClient
let watch: ResourceWatch | undefined
/** What a real server says only after hours, in order; afterwards it says nothing more. */
let script: Answer[]
const asked: string[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'meshwork-watch-'))
  asked.length = 0
  const ca = await createTestCa()
  const leaf = await ca.issue('127.0.0.1')
  server = createServer({ cert: leaf.certificateChainPem, key: leaf.privateKeyPem }, (request, response) => {
    asked.push(request.url ?? '')
    const answer = script.shift()
    if (answer === undefined) response.writeHead(200).flushHeaders()
    else response.writeHead(answer.status).end(answer.lines.map(line => `${JSON.stringify(line)}\n`).join(''))
  })
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const authority = Buffer.from(ca.rootPem).toString('base64')
  const cluster = { name: 'c', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': authority } }
  const contexts = [{ name: 'c', context: { cluster: 'c', user: 'u' } }]
  const config = { apiVersion: 'v1', kind: 'Config', clusters: [cluster], users: [{ name: 'u', user: { token: 't' } }], contexts }
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify({ ...config, 'current-context': 'c' }))
  client = KubeClient.fromFile(join(folder, 'kubeconfig'))
})

afterEach(async () => {
  watch?.close()
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  rmSync(folder, { recursive: true })
})

const named = (name: string, resourceVersion: string): object => ({ metadata: { name, resourceVersion } })
const page = (version: string, next: string, ...names: readonly string[]): Answer => ({
  status: 200,
  lines: [{ metadata: { resourceVersion: version, continue: next }, items: names.map(name => named(name, '1')) }],
})
const stream = (...lines: readonly object[]): Answer => ({ status: 200, lines })

/** What the sink was told, in words. */
async function follow(): Promise<readonly string[]> {
  const told: string[] = []
  const name = (document: object): string => String(fieldsOf(fieldsOf(document)['metadata'])['name'])
  const sink = {
    replaced: (documents: readonly object[]) => void told.push(`all ${documents.map(name).join(' ')}`),
    put: (document: object) => void told.push(`put ${name(document)}`),
    removed: (document: object) => void told.push(`removed ${name(document)}`),
    troubled: (reason: string | undefined) => void (reason === undefined ? undefined : told.push(reason)),
  }
  watch = new ResourceWatch({ client, paths: ['/apis/g/v1/things', '/apis/g/v1beta1/things'], sink, clock: systemClock })
  await watch.start()
  return told
}

const paths = (): readonly string[] => asked.map(url => new URL(url, 'https://c').pathname)
const versions = (): readonly string[] => asked.map(url => new URL(url, 'https://c').searchParams.get('resourceVersion') ?? 'list')

test('pages make one list, and a watch that ends goes on from the last bookmark', async () => {
  const added = { type: 'ADDED', object: named('c', '11') }
  script = [page('', 'more', 'a'), page('10', '', 'b'), stream(added, { type: 'BOOKMARK', object: named('', '15') })]
  const told = await follow()
  await expect.poll(versions).toEqual(['list', 'list', '10', '15'])
  expect(told).toEqual(['all a b', 'put c'])
})

test('what the server no longer has is listed again, whether it says so in the answer or in the stream', async () => {
  const gone = { type: 'ERROR', object: { code: 410, message: 'too old resource version' } }
  script = [page('10', '', 'a'), { status: 410, lines: [] }, page('20', '', 'b'), stream(gone), page('30', '', 'c')]
  const told = await follow()
  await expect.poll(versions, { timeout: 5000 }).toEqual(['list', '10', 'list', '20', 'list', '30'])
  expect(told.filter(each => each.startsWith('all'))).toEqual(['all a', 'all b', 'all c'])
})

test('an event that cannot be read is no reason to forget; the watch is opened again where it was', async () => {
  script = [page('10', '', 'a'), stream({ type: 'DELETED', object: named('a', '12') }, { nonsense: true }), { status: 500, lines: [] }]
  const told = await follow()
  await expect.poll(versions, { timeout: 5000 }).toEqual(['list', '10', '12', '12'])
  expect(told.slice(0, 2)).toEqual(['all a', 'removed a'])
  expect(told.join()).toContain('cannot be read')
})

test('a missing right is told, and does not hold up the start', async () => {
  script = [{ status: 403, lines: [{ message: 'things is forbidden' }] }, page('10', '', 'a')]
  const told = await follow()
  await expect.poll(() => told.at(-1), { timeout: 5000 }).toBe('all a')
  expect(told.join()).toContain('403: things is forbidden')
})

test('of several versions the first that the server has is read', async () => {
  script = [{ status: 404, lines: [] }, page('10', '', 'a')]
  const told = await follow()
  await expect.poll(paths).toEqual(['/apis/g/v1/things', '/apis/g/v1beta1/things', '/apis/g/v1beta1/things'])
  expect(told).toEqual(['all a'])
})
