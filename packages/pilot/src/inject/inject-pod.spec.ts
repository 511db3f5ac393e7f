import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expectGolden } from '@meshwork/testkit/golden'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { injectPod, type Injector } from './inject-pod.ts'
import { injectorOf } from './injector-files.ts'
import { jsonPatch } from './json-patch.ts'
import { type Fields, fieldsOf, isFields, nameOf } from './json.ts'
import { restorePod } from './restore-pod.ts'

const FILES = path.resolve(import.meta.dirname, '../../../../charts/mesh/charts/pilot/files')
const CASES = path.join(import.meta.dirname, 'testdata')
const template = (name: string): string => readFileSync(path.join(FILES, name), 'utf8')
const VALUES = {
  global: { hub: 'example.test/mesh', tag: '1', istioNamespace: 'istio-system', proxy: { resources: { requests: { cpu: '10m' } } } },
}

/** A case: a pod, and how the installation differs from the default one. */
interface Case {
  readonly pod: Fields
  readonly native?: boolean
  readonly values?: Fields
  readonly mesh?: Fields
  readonly config?: Fields
}

function injector({ native = true, values = {}, mesh = {}, config = {} }: Omit<Case, 'pod'> = {}): Injector {
  const templates = { sidecar: template('injection-template.yaml'), gateway: template('gateway-injection-template.yaml') }
  const texts = {
    config: stringify({ policy: 'enabled', templates, ...config }),
    values: JSON.stringify({ ...VALUES, ...values }),
    mesh: stringify({ trustDomain: 'mesh.test', defaultConfig: { discoveryAddress: 'istiod.istio-system.svc:15012' }, ...mesh }),
  }
  const made = injectorOf(texts, { revision: 'default', supportsNativeSidecars: native })
  if (made.kind === 'err') throw new Error(made.error)
  return made.value
}

function caseOf(name: string): Case {
  const read: unknown = parse(readFileSync(path.join(CASES, `${name}.in.yaml`), 'utf8'))
  const fields = fieldsOf(read)
  return { ...fields, pod: fieldsOf(fields['pod']) }
}

function injected(pod: Fields, by: Injector): Fields {
  const outcome = injectPod(pod, 'shop', by)
  if (outcome.kind !== 'injected') throw new Error(JSON.stringify(outcome))
  return outcome.pod
}

const names = readdirSync(CASES).flatMap(file => (file.endsWith('.in.yaml') ? [file.slice(0, -'.in.yaml'.length)] : []))

describe.each(names)('%s', name => {
  const { pod, ...installation } = caseOf(name)

  test('becomes what was reviewed', () => {
    const outcome = injectPod(pod, 'shop', injector(installation))
    const shown =
      outcome.kind === 'injected' ? { ...outcome, patch: jsonPatch(pod, outcome.pod).map(({ op, path: at }) => `${op} ${at}`) } : outcome
    expectGolden(path.join(CASES, `${name}.out.yaml`), stringify(shown, { lineWidth: 0, aliasDuplicateObjects: false }))
  })

  test('twice is once, by whatever was in force before; taken back is the pod', () => {
    const now = injector(installation)
    const first = injectPod(pod, 'shop', now)
    if (first.kind !== 'injected') return
    expect(injected(first.pod, now)).toEqual(first.pod)
    const before = injected(
      pod,
      injector({
        ...installation,
        native: !(installation.native ?? true),
        values: { global: { hub: 'old', tag: '0', network: 'n1', imagePullSecrets: ['s'] } },
      }),
    )
    expect(injected(before, now)).toEqual(first.pod)
    const restored = restorePod(first.pod)
    expect(withoutNamedPorts(restored)).toEqual(withoutNamedPorts(pod))
    expect(restorePod(pod)).toBe(pod)
  })
})

/** Probes come back with the number of a port that had a name, a container that the template has too at the end. */
function withoutNamedPorts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNamedPorts).toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))
  if (!isFields(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === 'port' ? 'port' : withoutNamedPorts(item)]))
}
