import type { AnalysisContext } from '../context.ts'
import { at, entries, textOf, type Document } from '../document.ts'
import type { Draft, Rule } from '../finding.ts'

interface Patch {
  readonly object: Document
  readonly path: string
  readonly applyTo: string
  readonly operation: string
  readonly hasVersion: boolean
  readonly hasPriority: boolean
}

/** Operations whose result depends on what other patches did before. */
const RELATIVE: ReadonlySet<string> = new Set(['INSERT_BEFORE', 'INSERT_AFTER', 'REPLACE', 'MERGE', 'REMOVE'])
/** What holds a list of its own takes no ADD and no REMOVE. */
const WHOLE: ReadonlySet<string> = new Set(['ROUTE_CONFIGURATION', 'HTTP_ROUTE'])
const REPLACEABLE: ReadonlySet<string> = new Set(['HTTP_FILTER', 'NETWORK_FILTER'])

export const relativeOperation: Rule = {
  code: 'IST0151',
  name: 'EnvoyFilterUsesRelativeOperation',
  severity: 'warning',
  summary: 'an EnvoyFilter that is relative to others has no priority, so its effect depends on age',
  check: context =>
    patchesOf(context)
      .filter(patch => isRelative(patch) && !patch.hasVersion)
      .map(patch =>
        draftOf(patch, `${patch.operation} depends on what other EnvoyFilters did before, and their order is by age`, PRIORITY),
      ),
}

export const relativeOperationWithVersion: Rule = {
  code: 'IST0155',
  name: 'EnvoyFilterUsesRelativeOperationWithProxyVersion',
  severity: 'warning',
  summary: 'an EnvoyFilter that is relative to others, for one proxy version, and has no priority',
  check: context =>
    patchesOf(context)
      .filter(patch => isRelative(patch) && patch.hasVersion)
      .map(patch =>
        draftOf(
          patch,
          `${patch.operation} for one proxy version: after an upgrade the patch may be missing or come in another order`,
          PRIORITY,
        ),
      ),
}

const PRIORITY = 'set spec.priority, or use INSERT_FIRST or ADD'

export const replaceIgnored: Rule = {
  code: 'IST0152',
  name: 'EnvoyFilterUsesReplaceOperationIncorrectly',
  severity: 'error',
  summary: 'REPLACE is ignored except for HTTP_FILTER and NETWORK_FILTER',
  check: context =>
    patchesOf(context)
      .filter(({ operation, applyTo }) => operation === 'REPLACE' && !REPLACEABLE.has(applyTo))
      .map(patch => draftOf(patch, `REPLACE is ignored for ${patch.applyTo}`, 'use MERGE, or REMOVE and ADD')),
}

export const addIgnored: Rule = {
  code: 'IST0153',
  name: 'EnvoyFilterUsesAddOperationIncorrectly',
  severity: 'error',
  summary: 'ADD is ignored for ROUTE_CONFIGURATION and HTTP_ROUTE',
  check: context =>
    patchesOf(context)
      .filter(({ operation, applyTo }) => operation === 'ADD' && WHOLE.has(applyTo))
      .map(patch => draftOf(patch, `ADD is ignored for ${patch.applyTo}`, 'use MERGE, or INSERT_FIRST for HTTP_ROUTE')),
}

export const removeIgnored: Rule = {
  code: 'IST0154',
  name: 'EnvoyFilterUsesRemoveOperationIncorrectly',
  severity: 'error',
  summary: 'REMOVE is ignored for ROUTE_CONFIGURATION and HTTP_ROUTE',
  check: context =>
    patchesOf(context)
      .filter(({ operation, applyTo }) => operation === 'REMOVE' && WHOLE.has(applyTo))
      .map(patch =>
        draftOf(patch, `REMOVE is ignored for ${patch.applyTo}`, 'use applyTo VIRTUAL_HOST, or leave the route out of the VirtualService'),
      ),
}

function isRelative({ operation, hasPriority }: Patch): boolean {
  return RELATIVE.has(operation) && !hasPriority
}

function draftOf({ object, path }: Patch, message: string, remedy: string): Draft {
  return { object, path: `${path}.patch.operation`, message, remedy }
}

function patchesOf(context: AnalysisContext): readonly Patch[] {
  return context.documentsOf('EnvoyFilter').flatMap(object => {
    const spec = object.body['spec']
    return entries(at(spec, 'configPatches')).map((patch, i) => ({
      object,
      path: `spec.configPatches[${i}]`,
      applyTo: textOf(at(patch, 'applyTo')),
      operation: textOf(at(patch, 'patch', 'operation')),
      hasVersion: textOf(at(patch, 'match', 'proxy', 'proxyVersion')) !== '',
      hasPriority: !['', '0'].includes(textOf(at(spec, 'priority'))),
    }))
  })
}
