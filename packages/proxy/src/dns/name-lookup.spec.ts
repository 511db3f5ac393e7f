import { describe, expect, test } from 'vitest'
import { NameLookup } from './name-lookup.ts'

const SCOPE = { namespace: 'default', dnsDomain: 'default.svc.cluster.local', searchDomain: 'default.svc.cluster.local' }
const names = new NameLookup(
  [
    { host: 'web.default.svc.cluster.local', addresses: ['10.0.0.1', 'fd00::1'], shortname: 'web', namespace: 'default' },
    { host: 'pay.bank.svc.cluster.local', addresses: ['10.0.0.2'], shortname: 'pay', namespace: 'bank' },
    { host: 'db-0.db.default.svc.cluster.local', addresses: ['10.0.0.3'], shortname: 'db-0.db', namespace: 'default' },
    { host: 'far.default.svc.other.local', addresses: ['10.0.0.4'], shortname: 'far', namespace: 'default' },
    { host: 'Api.Example.com', addresses: ['240.240.0.1'], shortname: '', namespace: '' },
    { host: '*.example.com', addresses: ['10.0.0.6'], shortname: '', namespace: '' },
    { host: '*.deep.example.com', addresses: ['10.0.0.7'], shortname: '', namespace: '' },
  ],
  SCOPE,
)

describe('a name is known', () => {
  test.each([
    ['web.default.svc.cluster.local', '10.0.0.1'],
    ['web', '10.0.0.1'],
    ['web.default', '10.0.0.1'],
    ['web.default.svc', '10.0.0.1'],
    ['pay.bank', '10.0.0.2'],
    ['pay.bank.svc', '10.0.0.2'],
    ['db-0.db', '10.0.0.3'],
    ['db-0.db.default', '10.0.0.3'],
    ['far.default.svc.other.local', '10.0.0.4'],
    ['api.example.com', '240.240.0.1'],
    ['x.example.com', '10.0.0.6'],
    ['x.y.example.com', '10.0.0.6'],
    ['x.deep.example.com', '10.0.0.7'],
  ])('%s', (name, address) => {
    expect(names.find(name)).toMatchObject({ v4: [address] })
  })

  test.each([
    ['pay.bank.default.svc.cluster.local', 'pay.bank', '10.0.0.2'],
    ['api.example.com.default.svc.cluster.local', 'api.example.com', '240.240.0.1'],
    ['x.example.com.default.svc.cluster.local', 'x.example.com', '10.0.0.6'],
  ])('%s, behind which the resolver put its search domain', (name, alias, address) => {
    expect(names.find(name)).toMatchObject({ alias, v4: [address] })
  })

  test('with addresses of both families', () => {
    expect(names.find('web')).toEqual({ v4: ['10.0.0.1'], v6: ['fd00::1'] })
  })
})

test.each(['pay', 'web.bank', 'far', 'example.com', 'other.org', 'web.svc.cluster.local', 'default.svc.cluster.local', ''])(
  "'%s' is the resolver's",
  name => {
    expect(names.find(name)).toBeUndefined()
  },
)

test('a host that is really called so comes before a short form', () => {
  const both = new NameLookup(
    [
      { host: 'web.default.svc.cluster.local', addresses: ['10.0.0.1'], shortname: 'web', namespace: 'default' },
      { host: 'web', addresses: ['10.0.0.9'], shortname: '', namespace: '' },
    ],
    SCOPE,
  )
  expect(both.find('web')?.v4).toEqual(['10.0.0.9'])
})
