import { expect, test } from 'vitest'
import { repair } from '../repair/index.ts'
import { readText } from '@meshwork/config/file'
import { snapshotOf } from '../translate/testdata/run-case.ts'
import { securityFindings } from './security-findings.ts'
import { securitySettings } from './security-settings.ts'

const SIDECAR = { kind: 'sidecar', namespace: 'ns', labels: { app: 'a' } } as const
const GATEWAY = { kind: 'router', namespace: 'ns', labels: { 'gateway.networking.k8s.io/gateway-name': 'g' } } as const

function policy(name: string, namespace: string, spec: string): string {
  return `---\n{apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: {name: ${name}, namespace: ${namespace}}, spec: ${spec}}\n`
}

test('policies are for the workloads of their namespace, of the root namespace for all, by labels or by reference', () => {
  const snapshot = snapshotOf(
    policy('own', 'ns', '{}') +
      policy('other', 'elsewhere', '{}') +
      policy('root', 'istio-system', '{}') +
      policy('labels', 'istio-system', '{selector: {matchLabels: {app: a}}}') +
      policy('not-mine', 'ns', '{selector: {matchLabels: {app: b}}}') +
      policy('gateway', 'ns', '{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}]}') +
      policy('service', 'ns', '{targetRefs: [{kind: Service, name: a, group: ""}]}'),
  )
  const names = (target: typeof SIDECAR | typeof GATEWAY): readonly string[] =>
    securitySettings(target, snapshot)?.policies.map(({ meta }) => meta.name) ?? []
  expect(names(SIDECAR)).toEqual(['own', 'root', 'labels'])
  expect(names(GATEWAY)).toEqual(['own', 'root', 'gateway'])
  expect(securitySettings({ ...SIDECAR, namespace: 'free' }, snapshotOf(policy('own', 'ns', '{}')))).toBeNull()
})

test('a provider that cannot be asked is said to the policy that names it', () => {
  const spec = '{action: CUSTOM, provider: {name: nobody}, rules: [{}]}'
  const settings = securitySettings(SIDECAR, snapshotOf(policy('custom', 'ns', spec)))
  expect(securityFindings(settings)).toMatchObject([
    { origin: { line: 2 }, violation: { path: 'spec.provider.name', code: 'unknown-provider' } },
  ])
  expect(securityFindings(null)).toEqual([])
})

test('inline keys that nobody can use are said', () => {
  const rules = `[{issuer: a, jwks: '{"keys":[{"kty":"odd"}]}'}, {issuer: b, jwks: '{"keys":[{"kty":"odd"},{"kty":"oct","k":"c2VjcmV0"}]}'}]`
  const text = `{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: t}, spec: {jwtRules: ${rules}}}`
  const findings = readText(text, 'test.yaml').objects.flatMap(object => repair(object).findings)
  expect(findings.map(({ path, code }) => `${path} ${code}`)).toEqual(['spec.jwtRules[0].jwks no-keys', 'spec.jwtRules[1].jwks left-out'])
})

test('keys that could not be fetched yet are said', () => {
  const spec = '{jwtRules: [{issuer: a, jwksUri: "http://a.example/keys"}, {audiences: [x]}]}'
  const text = `{apiVersion: security.istio.io/v1, kind: RequestAuthentication, metadata: {name: t, namespace: ns}, spec: ${spec}}`
  const findings = securityFindings(securitySettings(SIDECAR, snapshotOf(text)))
  expect(findings.map(({ violation }) => `${violation.path} ${violation.message}`)).toEqual([
    'spec.jwtRules[0] has no keys yet from http://a.example/keys: all tokens of this rule are refused',
    'spec.jwtRules[1] names no keys: all tokens of this rule are refused',
  ])
})
