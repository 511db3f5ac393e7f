import type { AnalysisContext } from '../context.ts'
import { at, entries, textOf, texts, type Document } from '../document.ts'
import type { Draft, Rule } from '../finding.ts'

export const conflictingTelemetrySelectors: Rule = {
  code: 'IST0159',
  name: 'ConflictingTelemetryWorkloadSelectors',
  severity: 'error',
  summary: 'two Telemetries select the same workload',
  check: context => {
    const all = context.documentsOf('Telemetry').filter(hasSelector)
    return all.flatMap(object =>
      rivalsOf(object, all).flatMap(rival => {
        const own = context.selected(selectorOf(object), object.meta.namespace)
        const shared = context.selected(selectorOf(rival), rival.meta.namespace).find(each => own.includes(each))
        if (shared === undefined) return []
        return [
          conflict(
            object,
            `the workload ${shared.document.meta.name} is selected by the Telemetry ${rival.meta.name} too: only the older one counts`,
          ),
        ]
      }),
    )
  },
}

export const multipleTelemetries: Rule = {
  code: 'IST0160',
  name: 'MultipleTelemetriesWithoutWorkloadSelectors',
  severity: 'error',
  summary: 'a namespace has several Telemetries without a selector',
  check: context => {
    const all = context
      .documentsOf('Telemetry')
      .filter(object => !hasSelector(object) && entries(at(object.body, 'spec', 'targetRefs')).length === 0)
    return all.flatMap(object => {
      const [rival] = rivalsOf(object, all)
      if (rival === undefined) return []
      return [
        conflict(
          object,
          `the namespace '${object.meta.namespace}' has another Telemetry for all workloads, ${rival.meta.name}: only the older one counts`,
        ),
      ]
    })
  },
}

export const telemetryProvider: Rule = {
  code: 'IST0157',
  name: 'InvalidTelemetryProvider',
  severity: 'warning',
  summary: 'a Telemetry without a provider, and the mesh has no default: it is ignored',
  check: context => context.documentsOf('Telemetry').flatMap(object => unprovided(object, context)),
}

const FEATURES = ['tracing', 'accessLogging', 'metrics'] as const

function unprovided(object: Document, context: AnalysisContext): readonly Draft[] {
  return FEATURES.flatMap(feature =>
    entries(at(object.body, 'spec', feature)).flatMap((entry, i) => {
      const names = entries(at(entry, 'providers')).map(each => textOf(at(each, 'name')))
      if (names.some(name => name !== '') || hasDefault(feature, context)) return []
      const message = `no provider is named, and the mesh has no default provider for ${feature}: this is ignored`
      return [
        {
          object,
          path: `spec.${feature}[${i}]`,
          message,
          remedy: `add 'providers: [{name: …}]', or defaultProviders.${feature} to the MeshConfig`,
        },
      ]
    }),
  )
}

/** Metrics go to Prometheus without a word. */
function hasDefault(feature: (typeof FEATURES)[number], context: AnalysisContext): boolean {
  if (feature === 'metrics') return true
  return context.documentsOf('MeshConfig').some(({ body }) => entries(at(body, 'spec', 'defaultProviders', feature)).length > 0)
}

function rivalsOf(object: Document, all: readonly Document[]): readonly Document[] {
  return all.filter(other => other !== object && other.meta.namespace === object.meta.namespace)
}

function selectorOf({ body }: Document): Readonly<Record<string, string>> {
  return texts(at(body, 'spec', 'selector', 'matchLabels'))
}

function hasSelector(object: Document): boolean {
  return Object.keys(selectorOf(object)).length > 0
}

function conflict(object: Document, message: string): Draft {
  return { object, path: hasSelector(object) ? 'spec.selector' : 'spec', message, remedy: 'merge the two, or select other workloads' }
}
