import { suggest } from '../../kinds/parse/suggest.ts'
import type { AnalysisContext } from '../context.ts'
import type { Document } from '../document.ts'
import type { Draft, Rule } from '../finding.ts'
import { type AnnotationFacts, ANNOTATIONS } from './annotation-table.ts'
import { problemOfValue } from './annotation-value.ts'

/** One annotation of one object, or of the pods that it makes. */
interface Placed {
  readonly object: Document
  readonly path: string
  readonly name: string
  readonly value: string
  /** What it stands on: `Pod` for the template of a Deployment. */
  readonly place: string
  readonly facts: AnnotationFacts | undefined
}

export const unknownAnnotation: Rule = {
  code: 'IST0108',
  name: 'UnknownAnnotation',
  severity: 'warning',
  summary: 'an annotation of Istio that does not exist',
  check: context =>
    placed(context)
      .filter(({ facts, name }) => facts === undefined && !INTERNAL.test(name))
      .map(({ object, path, name }) => {
        const nearest = suggest(name, Object.keys(ANNOTATIONS))
        const remedy = nearest === undefined ? 'remove it: nothing reads it' : `did you mean '${nearest}'?`
        return { object, path, message: `there is no annotation '${name}'`, remedy }
      }),
}

export const misplacedAnnotation: Rule = {
  code: 'IST0107',
  name: 'MisplacedAnnotation',
  severity: 'warning',
  summary: 'an annotation on a kind that it has no meaning for',
  check: context =>
    placed(context).flatMap(({ object, path, name, place, facts }): readonly Draft[] => {
      if (facts === undefined || facts.on.some(each => each === 'Any' || each === place)) return []
      const on = facts.on.map(each => (each === 'Pod' ? 'pods (spec.template.metadata.annotations of a Deployment)' : each)).join(' or ')
      return [{ object, path, message: `'${name}' has no effect on a ${place}`, remedy: `put it on ${on}` }]
    }),
}

export const invalidAnnotation: Rule = {
  code: 'IST0125',
  name: 'InvalidAnnotation',
  severity: 'warning',
  summary: 'an annotation with a value that it cannot have',
  check: context =>
    placed(context).flatMap(({ object, path, name, value, facts }) => {
      const problem = facts?.value === undefined ? undefined : problemOfValue(facts.value, value)
      return problem === undefined
        ? []
        : [{ object, path, message: `${name}: ${problem}`, remedy: 'correct the value: as it is, it is ignored' }]
    }),
}

export const deprecatedAnnotation: Rule = {
  code: 'IST0135',
  name: 'DeprecatedAnnotation',
  severity: 'info',
  summary: 'an annotation that has a successor',
  check: context =>
    placed(context)
      .filter(({ facts }) => facts?.status === 'deprecated')
      .map(({ object, path, name, facts }) => ({
        object,
        path,
        message: `the annotation '${name}' is deprecated`,
        remedy: `use ${facts?.instead ?? 'its successor'}`,
      })),
}

export const alphaAnnotation: Rule = {
  code: 'IST0136',
  name: 'AlphaAnnotation',
  severity: 'info',
  summary: 'an annotation that may change or go in the next release',
  check: context =>
    placed(context)
      .filter(({ facts }) => facts?.status === 'alpha')
      .map(({ object, path, name }) => ({
        object,
        path,
        message: `the annotation '${name}' is alpha: it may change or go with any release`,
        remedy: `keep away from it in production, or suppress this with the annotation galley.istio.io/analyze-suppress: "IST0136"`,
      })),
}

const OURS = /(?:^|\.)istio\.io\//
/** What the machinery itself writes. */
const INTERNAL = /^(?:internal|operator|install\.operator|gateway|ambient|ztunnel)\.istio\.io\//

function placed(context: AnalysisContext): readonly Placed[] {
  const own = context.documents.flatMap(object => annotationsOf(object, object.meta.annotations, 'metadata', object.kind))
  const ofPods = context.workloads
    .filter(({ template }) => template !== '')
    .flatMap(({ document, annotations, template }) => annotationsOf(document, annotations, `${template}.metadata`, 'Pod'))
  return [...own, ...ofPods]
}

function annotationsOf(object: Document, annotations: Readonly<Record<string, string>>, parent: string, place: string): readonly Placed[] {
  return Object.entries(annotations)
    .filter(([name]) => OURS.test(name))
    .map(([name, value]) => ({ object, path: `${parent}.annotations.${name}`, name, value, place, facts: ANNOTATIONS[name] }))
}
