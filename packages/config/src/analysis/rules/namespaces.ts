import { at, textOf, type Document } from '../document.ts'
import type { AnalysisContext } from '../context.ts'
import type { Draft, Rule } from '../finding.ts'
import { injectorValues } from '../injector-values.ts'

const INJECTION = 'istio-injection'
const REVISION = 'istio.io/rev'
const AMBIENT = 'istio.io/dataplane-mode'

/** Namespaces of the machinery, in which no sidecars are expected. */
const SYSTEM: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'istio-system', 'istio-ingress'])

export const namespaceNotInjected: Rule = {
  code: 'IST0102',
  name: 'NamespaceNotInjected',
  severity: 'info',
  summary: 'a namespace that is not enabled for injection: its pods get no proxy',
  check: context => [...(isInjectedByDefault(context) ? [] : unlabelled(context).map(notEnabled)), ...mislabelled(context)],
}

function notEnabled(object: Document): Draft {
  return {
    object,
    path: 'metadata.name',
    message: `the namespace '${object.meta.name}' is not enabled for injection, so its pods get no proxy`,
    remedy: `label it '${INJECTION}: enabled', or '${INJECTION}: disabled' if that is meant`,
  }
}

/** Every other value than `enabled` keeps the injector away, whatever its default is. */
function mislabelled(context: AnalysisContext): readonly Draft[] {
  return context.documentsOf('Namespace').flatMap(object => {
    const value = object.meta.labels[INJECTION]
    if (value === undefined || value === 'enabled' || value === 'disabled') return []
    const message = `the label ${INJECTION} has the value '${value}', which does not enable injection: pods get no proxy`
    return [{ object, path: `metadata.labels.${INJECTION}`, message, remedy: `write '${INJECTION}: enabled'` }]
  })
}

export const namespaceInjectedByDefault: Rule = {
  code: 'IST0148',
  name: 'NamespaceInjectionEnabledByDefault',
  severity: 'info',
  summary: 'a namespace without a label is injected, because that is the default of this mesh',
  check: context =>
    unlabelled(context)
      .filter(() => isInjectedByDefault(context))
      .map(object => ({
        object,
        path: 'metadata.name',
        message: `the namespace '${object.meta.name}' has no injection label and is injected, because the mesh injects by default`,
        remedy: `label it '${INJECTION}: enabled' to say that this is meant, or '${INJECTION}: disabled'`,
      })),
}

/** Which of the two counts is not what most people guess: `istio-injection` wins. */
export const multipleInjectionLabels: Rule = {
  code: 'IST0123',
  name: 'NamespaceMultipleInjectionLabels',
  severity: 'warning',
  summary: 'a namespace with both injection labels',
  check: context =>
    context
      .documentsOf('Namespace')
      .filter(({ meta }) => meta.labels[INJECTION] !== undefined && meta.labels[REVISION] !== undefined)
      .map(object => ({
        object,
        path: `metadata.labels.${REVISION}`,
        message: `the labels ${INJECTION} and ${REVISION} are both set, and ${INJECTION} wins`,
        remedy: `remove one of them: '${REVISION}' names a control plane, '${INJECTION}' takes the default one`,
      })),
}

/** Whether pods of the namespace get a proxy, as far as the namespace decides. */
export function isInjected(namespace: string, context: AnalysisContext): boolean {
  const labels = context.documentsOf('Namespace').find(({ meta }) => meta.name === namespace)?.meta.labels
  const stated = labels?.[INJECTION]
  if (stated !== undefined) return stated === 'enabled'
  return labels?.[REVISION] !== undefined || isInjectedByDefault(context)
}

function unlabelled(context: AnalysisContext): readonly Document[] {
  return context
    .documentsOf('Namespace')
    .filter(({ meta }) => !SYSTEM.has(meta.name) && [INJECTION, REVISION, AMBIENT].every(label => meta.labels[label] === undefined))
}

function isInjectedByDefault(context: AnalysisContext): boolean {
  return textOf(at(injectorValues(context), 'sidecarInjectorWebhook', 'enableNamespacesByDefault')) === 'true'
}
