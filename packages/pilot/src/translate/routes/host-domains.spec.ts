import { expect, test } from 'vitest'
import { ownPart, shorterNames } from './host-domains.ts'

test.each([
  ['foo.local.campus.net', 'local.campus.net', ['foo', 'foo.local', 'foo.local.campus']],
  ['foo.local.campus.net', 'remote.campus.net', ['foo.local', 'foo.local.campus']],
  ['foo.local.campus.net', 'example.com', []],
  ['foo.default.svc.cluster.local', 'default.svc.cluster.local', ['foo', 'foo.default', 'foo.default.svc', 'foo.default.svc.cluster']],
  ['foo.default.svc.cluster.local', 'other.svc.cluster.local', ['foo.default', 'foo.default.svc', 'foo.default.svc.cluster']],
  ['foo.default.svc.cluster.local', '', []],
  ['foo.xdefault.svc.cluster.local', 'default.svc.cluster.local', ['foo.xdefault', 'foo.xdefault.svc', 'foo.xdefault.svc.cluster']],
  ['foo.default', 'xdefault', []],
  ['default.svc', 'default.svc', []],
  ['svc', 'default.svc', []],
  ['a.b', 'b', ['a']],
])('%s seen from %s', (host, domain, expected) => {
  expect(shorterNames(host, ownPart(host, domain))).toEqual(expected)
})
