import { once } from 'node:events'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { connect, createSecureContext, createServer, type Server, type TLSSocket } from 'node:tls'

import { silentLogger } from '@meshwork/core/log'
import { systemClock } from '@meshwork/core/time'
import { chainPem, privateKeyPem } from '@meshwork/core/x509'
import { CitadelProcess, createTestCa, type TestCa } from '@meshwork/testkit/ca'
import { builtProgram } from '@meshwork/testkit/process'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { bundleOf } from './identity-state.ts'
import { createWorkloadIdentity, type WorkloadIdentity } from './workload-identity.ts'

const OVERLAP_S = 4
const LIMIT_MS = 30_000

let citadel: CitadelProcess
const workloads: WorkloadIdentity[] = []

beforeAll(async () => {
  citadel = await CitadelProcess.start(builtProgram('citadel/main'), '--root-overlap', `${OVERLAP_S}s`)
})

afterAll(async () => {
  for (const workload of workloads) await workload.close()
  await citadel?.[Symbol.asyncDispose]()
})

/** A workload as a proxy keeps it: its certificate, and the file of roots that a pod has. */
async function workload(name: string): Promise<WorkloadIdentity> {
  writeFileSync(citadel.path(`${name}.token`), citadel.issuer.token('default', name))
  const made = createWorkloadIdentity({
    trustDomain: 'cluster.local',
    namespace: 'default',
    serviceAccount: name,
    caAddress: `127.0.0.1:${citadel.port}`,
    caRootFile: citadel.path('root-cert.pem'),
    tokenFile: citadel.path(`${name}.token`),
    clock: systemClock,
    log: silentLogger,
  })
  workloads.push(made)
  await made.start()
  await expect.poll(() => made.state.kind, { timeout: LIMIT_MS }).toBe('available')
  return made
}

interface Material {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

function material({ state }: WorkloadIdentity): Material {
  const bundle = bundleOf(state)
  if (bundle === undefined) throw new Error('no certificate')
  return { cert: chainPem(bundle.chain), key: privateKeyPem(bundle.keys), ca: chainPem(bundle.roots) }
}

/** Takes connections of members of the mesh, with what `made` has at the moment. */
async function serve(made: WorkloadIdentity): Promise<Server> {
  const server = createServer({ ...material(made), requestCert: true, rejectUnauthorized: true }, socket => socket.end('hello'))
  made.onChange(() => server.setSecureContext(material(made)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** One request on a connection of its own. Throws if either side refuses the other. */
async function call(made: WorkloadIdentity, port: number): Promise<void> {
  const socket: TLSSocket = connect({
    secureContext: createSecureContext(material(made)),
    host: '127.0.0.1',
    port,
    checkServerIdentity: () => undefined,
  })
  const [answer]: readonly Buffer[] = await once(socket, 'data')
  if (String(answer) !== 'hello') throw new Error(`answered ${String(answer)}`)
  socket.destroy()
}

/** Writes it as one who replaces a Secret does. */
function plugIn({ issuer, rootPem }: TestCa): void {
  const [folder, draft] = [citadel.path('state/cacerts'), citadel.path('state/draft')]
  mkdirSync(draft, { mode: 0o700 })
  const entries = { 'ca-cert.pem': rootPem, 'ca-key.pem': privateKeyPem(issuer.keys), 'root-cert.pem': rootPem }
  for (const [name, text] of Object.entries(entries)) writeFileSync(`${draft}/${name}`, text, { mode: 0o600 })
  renameSync(draft, folder)
}

test('[security-10] [security-11] another authority is taken into use without a restart, and no request between workloads fails', async () => {
  const [server, client] = [await workload('server'), await workload('client')]
  const listener = await serve(server)
  const address = listener.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const oldRoot = citadel.rootPem().trim()
  const next = await createTestCa()
  const failures: unknown[] = []
  let calls = 0
  let isDone = false
  const load = (async () => {
    while (!isDone) {
      await call(client, port).catch((error: unknown) => failures.push(error))
      calls++
    }
  })()
  try {
    plugIn(next)
    // First everybody trusts it, while nothing is signed by it.
    await expect.poll(() => material(client).ca.includes(next.rootPem.trim()), { timeout: LIMIT_MS }).toBe(true)
    expect(material(client).ca).toContain(oldRoot)
    const isOfNext = (made: WorkloadIdentity): boolean => bundleOf(made.state)?.leaf.native.verify(next.issuer.keys.publicKey) === true
    expect([isOfNext(server), isOfNext(client)]).toEqual([false, false])
    // Then it signs, and workloads get certificates of it long before those that they have end.
    await expect.poll(() => [isOfNext(server), isOfNext(client)], { timeout: LIMIT_MS }).toEqual([true, true])
    expect(material(client).ca).toContain(oldRoot)
    // A workload that knows only the new root joins, and is understood.
    await call(await workload('late'), port)
  } finally {
    isDone = true
    await load
    listener.close()
  }
  expect(failures).toEqual([])
  expect(calls).toBeGreaterThan(100)
})

test('an authority that cannot be used leaves the one before in force, and is told once', async () => {
  const before = citadel.rootPem()
  const broken = citadel.path('state/cacerts/ca-key.pem')
  writeFileSync(broken, 'rubbish', { mode: 0o600 })
  await expect.poll(() => citadel.log(), { timeout: LIMIT_MS }).toContain('another authority cannot be used, the one before stays')
  expect((await workload('after')).state.kind).toBe('available')
  expect(citadel.rootPem()).toBe(before)
})
