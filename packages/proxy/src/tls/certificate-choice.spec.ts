import { expect, test } from 'vitest'
import { certificatesFor, type ServerCertificate } from './certificate-choice.ts'
import type { PeerCertificate } from './peer-certificate.ts'

const LEAF: PeerCertificate = {
  uriSans: [],
  dnsSans: [],
  subject: '',
  issuer: '',
  serialNumber: '',
  sha256: '',
  validFromMs: 0,
  validToMs: 0,
  raw: Buffer.alloc(0),
}

function certificate(uriSan: string, names: readonly string[], isEcdsa: boolean = true): ServerCertificate {
  const stapling = { response: null, mustStaple: false }
  return { material: { certificateChainPem: '', privateKeyPem: '' }, names, isEcdsa, leaf: { ...LEAF, uriSans: [uriSan] }, stapling }
}

const ALL = [
  certificate('ec a', ['a.test']),
  certificate('rsa a', ['a.test'], false),
  certificate('wild', ['*.w.test', 'x.w.test']),
  certificate('rsa x', ['x.w.test'], false),
]

const chosen = (name: string, fullScan: boolean = false): readonly string[] =>
  certificatesFor(ALL, name, fullScan).flatMap(({ leaf }) => leaf.uriSans)

test('an exact name, then a wildcard, at most one for each kind of key', () => {
  expect(chosen('a.test')).toEqual(['ec a', 'rsa a'])
  expect(chosen('A.TEST')).toEqual(['ec a', 'rsa a'])
  expect(chosen('x.w.test')).toEqual(['wild', 'rsa x'])
  expect(chosen('y.w.test')).toEqual(['wild'])
})

test('without a name the first of each kind; for an unknown name the first only, unless all are to be looked at', () => {
  expect(chosen('')).toEqual(['ec a', 'rsa a'])
  expect(chosen('z.test')).toEqual(['ec a'])
  expect(chosen('w.test')).toEqual(['ec a'])
  expect(chosen('z.test', true)).toEqual(['ec a', 'rsa a'])
})
