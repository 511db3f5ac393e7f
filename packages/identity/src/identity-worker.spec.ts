import { spiffeId } from '@meshwork/core/ids'
import { silentLogger } from '@meshwork/core/log'
import { err, ok } from '@meshwork/core/result'
import { EC_P256, issueCertificate, type KeyPair, parseCertificateRequest, subjectAltName } from '@meshwork/core/x509'
import { createTestCa, type TestCa } from '@meshwork/testkit/ca'
import { ManualClock } from '@meshwork/testkit/clock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { CertificateAuthority } from './certificate-authority.ts'
import { IdentitySecrets } from './identity-secrets.ts'
import { bundleOf, type IdentityFailure } from './identity-state.ts'
import { IdentityWorker } from './identity-worker.ts'

const HOUR_MS = 3_600_000
const URI = 'spiffe://cluster.local/ns/default/sa/reviews'
const DOWN: IdentityFailure = { kind: 'unreachable', message: 'connection refused' }

/** Signs whatever it is asked for, unless told to fail. */
class TestAuthority implements CertificateAuthority {
  readonly asked: string[] = []
  failure: IdentityFailure | null = null
  name = URI
  private readonly ca: TestCa
  private readonly clock: ManualClock

  constructor(ca: TestCa, clock: ManualClock) {
    this.ca = ca
    this.clock = clock
  }

  async sign(csrPem: string): ReturnType<CertificateAuthority['sign']> {
    this.asked.push(csrPem)
    if (this.failure !== null) return err(this.failure)
    const request = await parseCertificateRequest(csrPem)
    if (request.kind === 'err') return err({ kind: 'refused', message: request.error.message })
    const leaf = await issueCertificate(
      {
        publicKey: request.value.publicKey,
        subjectAltNames: [subjectAltName(this.name)],
        isCa: false,
        keyUsages: ['digitalSignature'],
        extendedKeyUsages: ['serverAuth', 'clientAuth'],
        notBeforeMs: this.clock.now() - 120_000,
        notAfterMs: this.clock.now() + HOUR_MS,
      },
      this.ca.issuer,
    )
    return ok({ chainPem: leaf.pem, rootsPem: this.ca.rootPem })
  }
}

let clock: ManualClock
let authority: TestAuthority
let worker: IdentityWorker

beforeEach(async () => {
  clock = new ManualClock()
  authority = new TestAuthority(await createTestCa('cluster.local', () => clock.now()), clock)
  const identity = spiffeId('cluster.local', 'default', 'reviews')
  if (identity.kind === 'err') throw new Error(identity.error)
  const base = { identity: identity.value, authority, keyAlgorithm: EC_P256, clock, log: silentLogger }
  worker = new IdentityWorker({ ...base, random: () => 0 })
})
afterEach(() => worker.close())

/** Resolves at the next change of state. Signing takes real time, which the hand-moved clock does not see. */
function nextChange(): Promise<void> {
  return new Promise(resolve => {
    const stop = worker.onChange(() => {
      stop()
      resolve()
    })
  })
}

async function started(): Promise<void> {
  const change = nextChange()
  await worker.start()
  await change
}

function keys(): KeyPair | undefined {
  return bundleOf(worker.state)?.keys
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 2))
}

describe('IdentityWorker', () => {
  it('obtains a certificate for a key of its own', async () => {
    expect(worker.state).toEqual({ kind: 'initialising' })
    await started()
    expect(worker.state).toMatchObject({ kind: 'available', bundle: { identity: { uri: URI } } })
    expect(authority.asked).toHaveLength(1)
    expect(authority.asked[0]).not.toContain('PRIVATE KEY')
  })

  it('renews at half of the life, with a new key, and not before', async () => {
    await started()
    const first = keys()
    await clock.advanceAsync(HOUR_MS / 2 - 1)
    expect(authority.asked).toHaveLength(1)
    const change = nextChange()
    clock.advance(1)
    await change
    expect(authority.asked).toHaveLength(2)
    expect(worker.state.kind).toBe('available')
    expect(first !== undefined && keys()?.privateKey.equals(first.privateKey)).toBe(false)
  })

  it('keeps the valid certificate while renewal fails, and gives it up when it expires', async () => {
    await started()
    const first = bundleOf(worker.state)
    authority.failure = DOWN
    let change = nextChange()
    clock.advance(HOUR_MS / 2)
    await change
    expect(worker.state).toEqual({ kind: 'failing-with-valid', bundle: first, failure: DOWN })
    change = nextChange()
    // Long enough for the certificate to expire; the attempt after that finds it gone.
    clock.setWallClock(clock.now() + HOUR_MS)
    clock.advance(30_000)
    await change
    expect(worker.state).toEqual({ kind: 'unavailable', failure: DOWN })
  })

  it('recovers by itself when the authority comes back', async () => {
    authority.failure = DOWN
    await started()
    expect(worker.state).toEqual({ kind: 'unavailable', failure: DOWN })
    authority.failure = null
    const change = nextChange()
    clock.advance(100)
    await change
    expect(worker.state.kind).toBe('available')
  })

  it('asks less and less often while the authority is away', async () => {
    authority.failure = DOWN
    await worker.start()
    const waits: number[] = []
    for (let attempt = 1; attempt <= 12; attempt++) {
      await until(() => authority.asked.length === attempt && clock.pendingTimers === 1)
      waits.push(clock.nextTimerInMs ?? -1)
      clock.advance(waits.at(-1) ?? 0)
    }
    expect(waits.slice(0, 4)).toEqual([50, 100, 200, 400])
    expect(waits.at(-1)).toBe(15_000)
  })

  it('renews at once after the machine slept past the time', async () => {
    await started()
    clock.setWallClock(clock.now() + HOUR_MS)
    const change = nextChange()
    clock.advance(30_000)
    await change
    expect(authority.asked).toHaveLength(2)
  })

  it('takes no certificate that names somebody else', async () => {
    authority.name = 'spiffe://cluster.local/ns/default/sa/ratings'
    await started()
    expect(worker.state).toMatchObject({ kind: 'unavailable', failure: { kind: 'invalid' } })
  })

  it('leaves no timer behind when closed, also during a request', async () => {
    await worker.start()
    await worker.close()
    await until(() => authority.asked.length === 1)
    await clock.advanceAsync(0)
    expect(clock.pendingTimers).toBe(0)
    expect(worker.state.kind).toBe('initialising')
  })
})

describe('a renewal before its time', () => {
  it('is asked for at once, and once more when a request is under way', async () => {
    await started()
    expect(authority.asked.length).toBe(1)
    let change = nextChange()
    worker.renew()
    await change
    expect(authority.asked.length).toBe(2)
    change = nextChange()
    worker.renew()
    worker.renew()
    await change
    expect(authority.asked.length).toBe(4)
    expect(clock.pendingTimers).toBe(1)
  })
})

describe('IdentitySecrets', () => {
  it('has nothing before the first certificate, then both secrets under the names that Istio uses', async () => {
    const secrets = new IdentitySecrets(worker)
    expect([secrets.certificate('default'), secrets.roots('ROOTCA')]).toEqual([null, null])
    await started()
    expect(secrets.certificate('default')?.certificateChainPem).toContain('BEGIN CERTIFICATE')
    expect(secrets.certificate('default')?.privateKeyPem).toContain('BEGIN PRIVATE KEY')
    expect(secrets.roots('ROOTCA')).toContain('BEGIN CERTIFICATE')
    expect([secrets.certificate('ROOTCA'), secrets.roots('default'), secrets.certificate('other')]).toEqual([null, null, null])
  })

  it('tells of new certificates, not of failures that change nothing', async () => {
    const secrets = new IdentitySecrets(worker)
    let told = 0
    const stop = secrets.onChange(() => told++)
    await started()
    expect(told).toBe(1)
    authority.failure = DOWN
    let change = nextChange()
    clock.advance(HOUR_MS / 2)
    await change
    expect(told).toBe(1)
    expect(secrets.certificate('default')).not.toBeNull()
    authority.failure = null
    change = nextChange()
    clock.advance(1000)
    await change
    expect(told).toBe(2)
    stop()
  })
})
