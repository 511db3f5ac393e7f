import { type Injector, injectorOf } from '@meshwork/pilot/inject'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { injectText } from './inject-text.ts'
import { uninjectText } from './uninject-text.ts'
import { yamlDocuments } from './yaml-documents.ts'

const TEMPLATE = 'spec: {initContainers: [{name: istio-init, image: i}], containers: [{name: istio-proxy, image: "p:{{ .WorkloadName }}"}]}'

function injector(policy = 'enabled'): Injector {
  const texts = { config: JSON.stringify({ policy, templates: { sidecar: TEMPLATE } }), values: '{}', mesh: '' }
  const made = injectorOf(texts, { revision: 'default', supportsNativeSidecars: false })
  if (made.kind === 'err') throw new Error(made.error)
  return made.value
}

const inject = (text: string, by = injector()) => injectText(text, { source: 'app.yaml', namespace: 'shop', injector: by })
const pod = 'spec: {containers: [{name: app, image: a}]}'
const template = `spec: {template: {metadata: {labels: {app: a}}, ${pod}}}`
const workload = (apiVersion: string, kind: string, rest: string) =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n${rest}\n`

/** Names of the containers of the pod in each document, wherever it stands. */
function containers(text: string): readonly string[] {
  return parseAllDocuments(text).map(document =>
    [...JSON.stringify(document.toJS()).matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image).join(' '),
  )
}

test.each([
  ['v1', 'Pod', pod],
  ['apps/v1', 'Deployment', template],
  ['extensions/v1beta1', 'Deployment', template],
  ['apps/v1', 'DaemonSet', template],
  ['apps/v1', 'StatefulSet', template],
  ['apps/v1', 'ReplicaSet', template],
  ['v1', 'ReplicationController', template],
  ['batch/v1', 'Job', template],
  ['batch/v1', 'CronJob', `spec: {jobTemplate: {${template}}}`],
  ['apps.openshift.io/v1', 'DeploymentConfig', template],
])('%s %s', (apiVersion, kind, rest) => {
  const { text, report } = inject(workload(apiVersion, kind, rest))
  expect(containers(text)).toEqual(['p:a a i'])
  expect(report).toMatchObject([{ object: `${kind.toLowerCase()}/a`, action: 'injected' }])
})

const MIXED = `# the shop
apiVersion: v1
kind: Service   # stays
metadata: {name:   shop}
--- # second
${workload('apps/v1', 'Deployment', template)}
---
# nothing here
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: alone}
spec: {template: {metadata: {labels: {sidecar.istio.io/inject: "false"}}, ${pod}}}
---
kind: Widget
spec: {template: {${pod}}}
text: |
  a
   --- b
`

describe('a file with everything', () => {
  test('what is not injected stays byte by byte; the report says why', () => {
    const { text, report } = inject(MIXED)
    const [before, after] = [yamlDocuments(MIXED), yamlDocuments(text)]
    expect(after.length).toBe(before.length)
    for (const i of [0, 2, 3, 4]) expect(after[i]).toMatchObject({ separator: before[i]?.separator, body: before[i]?.body })
    expect(after[1]?.separator).toBe('--- # second\n')
    expect(report.map(({ object, action, reason }) => `${object} ${action} ${reason}`)).toEqual([
      'deployment/a injected the policy of the injector is enabled',
      "deployment/alone skipped label sidecar.istio.io/inject is 'false'",
    ])
  })

  test.each([
    ['as it is', MIXED],
    ['with line ends of Windows', MIXED.replaceAll('\n', '\r\n')],
    ['without an end of its last line', workload('v1', 'Pod', pod).trimEnd()],
    [
      'as JSON',
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [{ name: 'a', image: 'a' }] } }),
    ],
    ['with a byte order mark', `\uFEFF${workload('v1', 'Pod', pod)}`],
    [
      'as a list',
      `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}, ${pod}}\n- {apiVersion: v1, kind: Secret}\n`,
    ],
    ['with a first separator', `---\n${workload('v1', 'Pod', pod)}`],
  ])('%s, taken back, is the file', (_, text) => {
    const injected = inject(text)
    expect(injected.report.some(({ action }) => action === 'injected')).toBe(true)
    expect(uninjectText(injected.text, 'x').text).toBe(text)
    const again = inject(injected.text)
    expect(again.text).toBe(injected.text)
  })

  test('a policy that leaves everything alone changes no byte', () => {
    expect(inject(MIXED, injector('disabled')).text).toBe(MIXED)
  })
})

test('what was changed after the injection is kept, and only the proxy goes', () => {
  const { text } = inject(workload('v1', 'Pod', pod))
  const changed = text.replace('image: a', 'image: b')
  const back = uninjectText(changed, 'x')
  expect(containers(back.text)).toEqual(['b'])
  expect(back.text).not.toContain('istio')
  expect(uninjectText(back.text, 'x')).toMatchObject({ text: back.text, report: [{ action: 'skipped', reason: 'it has no proxy' }] })
})

test('what a cluster gives is injected anew without a way back to what it was', () => {
  const { text } = inject(workload('v1', 'Pod', pod))
  const fromCluster = text.replace(/^# meshctl.*\n/, '')
  const again = inject(fromCluster)
  expect(again.text).toBe(fromCluster)
  expect(containers(uninjectText(again.text, 'x').text)).toEqual(['a'])
})

test('values of YAML 1.1 stay what kubectl takes them for', () => {
  const { text } = inject(
    workload(
      'v1',
      'Pod',
      `spec: {containers: [{name: app, image: a, args: ["on", "0644", "1e3", "12:30", 12:30]}], octal: 0644, flag: on}`,
    ),
  )
  expect(text).toContain('- "on"')
  expect(text).toContain('- "0644"')
  expect(text).toMatch(/octal: (?:420|0644)\n/)
  expect(text).toContain('flag: true')
})

test('a pod that cannot be injected stops everything, with file and line', () => {
  const bad = `${workload('v1', 'Service', 'spec: {}')}---\n${workload('v1', 'Pod', pod).replace('{name: a}', '{name: a, annotations: {sidecar.istio.io/proxyCPU: lots}}')}`
  expect(() => inject(bad)).toThrow("app.yaml:5: pod/a: annotation sidecar.istio.io/proxyCPU: 'lots' is not a quantity")
})

test('what is no YAML is named with its line in the file', () => {
  expect(() => inject('a: 1\n---\nb: [\n')).toThrow(/^app\.yaml: document at line 2: .*\(line 4, column 1\)/)
})
