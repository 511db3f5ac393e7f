import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileLocator, readText } from '@meshwork/config/file'
import { describe, expect, it } from 'vitest'
import { meshModel } from '../trace/mesh-model.ts'
import { serviceFor } from '../trace/outbound.ts'
import { findSource } from '../trace/source.ts'
import { citer } from '../trace/step.ts'
import { describePod, describeService } from './describe-pod.ts'
import type { Section } from './section.ts'

const TEXT = readFileSync(path.join(import.meta.dirname, '../trace/testdata/bookinfo.yaml'), 'utf8')
const { objects, documents } = readText(TEXT, 'm.yaml')
const model = meshModel(objects, documents)
const cite = citer(fileLocator(new Map([['m.yaml', TEXT]])))

function textsOf(sections: readonly Section[], title: string): readonly string[] {
  const found = sections.find(each => each.title === title)
  return found?.facts.flatMap(({ text, details }) => [text.trim(), ...details]) ?? []
}

function lineOf(wanted: string): number {
  return TEXT.split('\n').findIndex(line => line.trim() === wanted) + 1
}

describe('describe', () => {
  const { pod } = findSource('reviews-v2', model)
  const sections = pod === undefined ? [] : describePod(pod, model, cite)

  it('tells which subsets a pod is in, and what share of requests reaches it', () => {
    expect(textsOf(sections, 'DestinationRules')).toEqual([
      'reviews for reviews.default.svc.cluster.local',
      'subsets that this pod is in: v2',
      'subsets that it is not in: v1, v3',
    ])
    expect(textsOf(sections, 'VirtualServices')).toContain('/* + end-user=jason or /* + ?user=jason: 100 % to the subset of this pod')
    expect(textsOf(sections, 'VirtualServices')).toContain('/empty*: 0 % reach this pod')
    expect(textsOf(sections, 'VirtualServices')).toContain('every request: 20 % to the subset of this pod')
  })

  it('cites the policy that decides about mutual TLS', () => {
    expect(textsOf(sections, 'Mutual TLS')).toEqual(['port 9080 STRICT: only mutual TLS'])
    expect(sections.find(({ title }) => title === 'Mutual TLS')?.facts[0]?.at?.line).toBe(lineOf('mode: STRICT'))
    expect(textsOf(sections, 'Policies')).toEqual(['reviews ALLOW, 2 rules'])
  })

  it('tells how the protocol of a port was found, and which endpoints there are', () => {
    const service = serviceFor('reviews', 'default', model)
    const described = service === undefined ? [] : describeService(service, model, cite)
    expect(textsOf(described, 'Service')).toContain("port 9080 to 9080: HTTP (by the name 'http' or appProtocol)")
    expect(textsOf(described, 'Endpoints')).toHaveLength(2)
  })
})
