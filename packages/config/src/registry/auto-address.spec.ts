import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { withAutoAddresses } from './auto-address.ts'
import type { Service } from './model.ts'

const ENTRY: Service = {
  hostname: 'a.com',
  name: 'a.com',
  namespace: 'default',
  ports: [],
  addresses: [],
  resolution: 'static',
  headless: false,
  external: true,
  labels: {},
  annotations: {},
  selector: {},
  exportTo: ['*'],
  serviceAccounts: [],
  createdAt: 0,
  registry: 'service-entry',
  origin: { file: 'test.yaml', line: 1 },
}

const named = (hostname: string): Service => ({ ...ENTRY, hostname })

describe('auto-allocated addresses', () => {
  test.each<[string, Partial<Service>, boolean]>([
    ['STATIC', {}, true],
    ['DNS', { resolution: 'dns' }, true],
    ['NONE', { resolution: 'none' }, false],
    ['with an address', { addresses: ['10.0.0.1'] }, false],
    ['with a wildcard', { hostname: '*.a.com' }, false],
    ['that declines', { labels: { 'networking.istio.io/enable-autoallocate-ip': 'false' } }, false],
    ['of Kubernetes', { registry: 'kubernetes' }, false],
  ])('%s', (_, change, expected) => {
    const [service] = withAutoAddresses([{ ...ENTRY, ...change }])
    expect(service?.autoAddress !== undefined).toBe(expected)
    if (expected) expect(service?.autoAddress).toMatch(/^240\.240\.\d{1,3}\.(?!0$|255$)\d{1,3}$/)
  })

  test('follow from namespace and host, whatever else there is', () => {
    const [alone] = withAutoAddresses([ENTRY])
    const among = withAutoAddresses([...Array.from({ length: 20 }, (_, i) => named(`${i}.com`)), ENTRY])
    expect(among.at(-1)?.autoAddress).toBe(alone?.autoAddress)
    expect(withAutoAddresses([{ ...ENTRY, namespace: 'other' }])[0]?.autoAddress).not.toBe(alone?.autoAddress)
  })

  test('differ, and stay the same objects', () => {
    const services = Array.from({ length: 5000 }, (_, i) => named(`host-${i}.example.com`))
    const first = withAutoAddresses(services)
    expect(new Set(first.map(service => service.autoAddress)).size).toBe(services.length)
    expect(withAutoAddresses(services)).toEqual(first)
    expect(withAutoAddresses(services).every((service, i) => service === first[i])).toBe(true)
  })

  test('move for the younger of two only', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.domain(), { minLength: 2, maxLength: 40 }), hosts => {
        const all = withAutoAddresses(hosts.map(named))
        const older = withAutoAddresses(hosts.slice(0, -1).map(named))
        expect(all.slice(0, -1).map(each => each.autoAddress)).toEqual(older.map(each => each.autoAddress))
      }),
      { numRuns: 50 },
    )
  })
})
