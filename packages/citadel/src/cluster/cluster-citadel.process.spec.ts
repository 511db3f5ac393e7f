import { X509Certificate } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { status } from '@grpc/grpc-js'
import { createCertificate, type Reply } from '@meshwork/testkit/ca'
import { apiServerObstacle, TestApiServer } from '@meshwork/testkit/kubernetes'
import { freePorts } from '@meshwork/testkit/net'
import { type Child, siblingProgram, startProgram } from '@meshwork/testkit/process'
import { buildCertificateRequest, generateKeyPair, subjectAltName } from '@meshwork/core/x509'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const obstacle = apiServerObstacle()
const MESH = 'istio-system'
const ISTIOD_NAMES = ['istiod.istio-system.svc', 'istiod.istio-system.svc.cluster.local']

interface Citadel extends AsyncDisposable {
  readonly address: string
  readonly child: Child
}

describe.skipIf(obstacle !== null)(`citadel in a cluster${obstacle === null ? '' : ` (${obstacle})`}`, () => {
  let server: TestApiServer
  let first: Citadel
  let second: Citadel
  /** A ConfigMap that was there before. */
  let foreign = ''

  beforeAll(async () => {
    server = await TestApiServer.start()
    await server.kubectl(['create', 'namespace', MESH])
    await server.kubectl(['create', 'namespace', 'other'])
    await Promise.all([
      server.kubectl(['create', 'serviceaccount', 'a']),
      server.kubectl(['create', 'serviceaccount', 'istiod', '-n', MESH]),
      server.kubectl(['create', 'serviceaccount', 'istiod']),
    ])
    await server.kubectl(['create', 'configmap', 'istio-ca-root-cert', '-n', 'other', '--from-literal=root-cert.pem=theirs'])
    foreign = await server.kubectl(['get', 'configmap', 'istio-ca-root-cert', '-n', 'other', '-o', 'json'])
    ;[first, second] = await Promise.all([start(), start()])
  })
  afterAll(async () => {
    await Promise.all([first?.[Symbol.asyncDispose](), second?.[Symbol.asyncDispose]()])
    await server?.[Symbol.asyncDispose]()
  })

  async function start(): Promise<Citadel> {
    const [grpc = 0, metrics = 0] = await freePorts(2)
    const args = [
      ...['--kubeconfig', server.kubeconfig, '--namespace', MESH, '--address', `127.0.0.1:${grpc}`],
      ...['--metrics-address', `127.0.0.1:${metrics}`, '--names-of', `${MESH}/istiod=${ISTIOD_NAMES.join(',')}`],
    ]
    const child = startProgram(siblingProgram('../main', import.meta.url), { name: 'citadel', args })
    await child.whenReady()
    return { address: `127.0.0.1:${grpc}`, child, [Symbol.asyncDispose]: () => child.stop() }
  }

  /** The published roots of a namespace; '' while there are none. */
  function roots(namespace = 'default'): Promise<string> {
    return server
      .kubectl(['get', 'configmap', 'istio-ca-root-cert', '-n', namespace, '-o', 'jsonpath={.data.root-cert\\.pem}'])
      .catch(() => '')
  }

  async function tokenOf(account: string, namespace = 'default', audience = 'istio-ca'): Promise<string> {
    return (await server.kubectl(['create', 'token', account, '-n', namespace, `--audience=${audience}`])).trim()
  }

  async function ask(citadel: Citadel, token: string, ...names: readonly string[]): Promise<Reply<readonly string[]>> {
    const csr = await buildCertificateRequest(await generateKeyPair(), names.map(subjectAltName))
    const reply = await createCertificate({ address: citadel.address, rootPem: await roots() }, csr, { token })
    return 'value' in reply ? { code: 0, value: reply.value.certChain } : reply
  }

  async function namesIn(reply: Promise<Reply<readonly string[]>>): Promise<string | undefined> {
    const answer = await reply
    if (!('value' in answer)) throw new Error(answer.details)
    return new X509Certificate(answer.value[0] ?? '').subjectAltName
  }

  it('agrees on one root with another that starts at the same time, and keeps it', async () => {
    const secret = await server.kubectl(['get', 'secret', 'istio-ca-secret', '-n', MESH, '-o', 'jsonpath={.type} {.data.ca-cert\\.pem}'])
    const [type, kept = ''] = secret.split(' ')
    expect(type).toBe('istio.io/ca-root')
    await expect.poll(() => roots(), { timeout: 10_000 }).toBe(Buffer.from(kept, 'base64').toString())
    const token = await tokenOf('a')
    const chains = await Promise.all([first, second].map(citadel => ask(citadel, token)))
    expect(chains.map(chain => ('value' in chain ? chain.value.at(-1)?.trim() : chain.details))).toEqual(
      Array.from({ length: 2 }, () => Buffer.from(kept, 'base64').toString().trim()),
    )
  })

  it('[security-18] takes tokens of its own audience only, and of accounts that exist', async () => {
    expect(await namesIn(ask(first, await tokenOf('a')))).toBe('URI:spiffe://cluster.local/ns/default/sa/a')
    for (const token of [await tokenOf('a', 'default', 'api'), 'rubbish', server.token]) {
      expect(await ask(first, token)).toMatchObject({ code: status.UNAUTHENTICATED })
    }
  })

  it('gives names of the control plane to its account only, and nobody another identity', async () => {
    const istiod = await tokenOf('istiod', MESH)
    const own = `spiffe://cluster.local/ns/${MESH}/sa/istiod`
    const expected = [`URI:${own}`, ...ISTIOD_NAMES.map(name => `DNS:${name}`)].join(', ')
    expect(await namesIn(ask(first, istiod))).toBe(expected)
    expect(await namesIn(ask(first, istiod, own, ...ISTIOD_NAMES))).toBe(expected)
    for (const [token, name] of [
      [await tokenOf('a'), ISTIOD_NAMES[0]],
      [await tokenOf('istiod'), ISTIOD_NAMES[0]],
      [await tokenOf('a'), own],
      [istiod, 'istio-citadel.istio-system.svc'],
      [istiod, 'spiffe://cluster.local/ns/default/sa/a'],
    ] as const) {
      expect(await ask(first, token, name ?? '')).toMatchObject({ code: status.PERMISSION_DENIED })
    }
  })

  it('[security-23] keeps the root in every namespace: new ones too, edits and removals undone', async () => {
    await expect.poll(() => roots('kube-public'), { timeout: 10_000 }).toContain('BEGIN CERTIFICATE')
    const root = await roots()
    await server.kubectl(['create', 'namespace', 'late'])
    await expect.poll(() => roots('late'), { timeout: 10_000, interval: 100 }).toBe(root)
    await server.kubectl(['patch', 'configmap', 'istio-ca-root-cert', '-n', 'late', '-p', '{"data":{"root-cert.pem":"edited"}}'])
    await expect.poll(() => roots('late'), { timeout: 10_000, interval: 100 }).toBe(root)
    const bare = '{apiVersion: v1, kind: ConfigMap, metadata: {name: istio-ca-root-cert, namespace: late}, data: {other: text}}'
    await server.kubectl(['replace', '-f', '-'], bare)
    await expect.poll(() => roots('late'), { timeout: 10_000, interval: 100 }).toBe(root)
    await server.kubectl(['delete', 'configmap', 'istio-ca-root-cert', '-n', 'late'])
    await expect.poll(() => roots('late'), { timeout: 10_000, interval: 100 }).toBe(root)
  })

  it('leaves the ConfigMap of another mesh as it is', async () => {
    await expect.poll(() => roots('kube-public'), { timeout: 10_000 }).toContain('BEGIN CERTIFICATE')
    expect(await server.kubectl(['get', 'configmap', 'istio-ca-root-cert', '-n', 'other', '-o', 'json'])).toBe(foreign)
  })

  it('signs with the authority that was plugged in, and keeps what was trusted before', async () => {
    const before = (await roots()).trim()
    await Promise.all([first[Symbol.asyncDispose](), second[Symbol.asyncDispose]()])
    const folder = mkdtempSync(join(tmpdir(), 'cacerts-'))
    try {
      pluggedIn(folder)
      const files = ['ca-cert.pem', 'ca-key.pem', 'root-cert.pem', 'cert-chain.pem'].map(name => `--from-file=${join(folder, name)}`)
      await server.kubectl(['create', 'secret', 'generic', 'cacerts', '-n', MESH, ...files])
      const root = readFileSync(join(folder, 'root-cert.pem'), 'utf8')
      first = await start()
      await expect.poll(async () => (await roots()).trim(), { timeout: 10_000 }).toBe(`${root.trim()}\n${before}`)
      const reply = await ask(first, await tokenOf('a'))
      const [leaf = '', signer = '', top = '', ...more] = 'value' in reply ? reply.value : []
      expect([signer, top, ...more].map(pem => pem.trim())).toEqual([
        readFileSync(join(folder, 'ca-cert.pem'), 'utf8').trim(),
        root.trim(),
        before,
      ])
      expect(new X509Certificate(leaf).verify(new X509Certificate(signer).publicKey)).toBe(true)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

/** A root and an authority below it, by OpenSSL, in the files of Istio's recipe. */
function pluggedIn(folder: string): void {
  const run = (...args: readonly string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'rsa:2048', '-nodes', '-days', '30']
  const usages = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-addext', 'basicConstraints=critical,CA:true']
  run('req', '-x509', ...key, '-subj', '/O=root', ...usages, '-keyout', 'root-key.pem', '-out', 'root-cert.pem')
  const signedByRoot = ['-CA', 'root-cert.pem', '-CAkey', 'root-key.pem']
  run('req', '-x509', ...key, '-subj', '/O=below', ...usages, ...signedByRoot, '-keyout', 'ca-key.pem', '-out', 'ca-cert.pem')
  execFileSync('sh', ['-c', 'cat ca-cert.pem root-cert.pem > cert-chain.pem'], { cwd: folder })
}
