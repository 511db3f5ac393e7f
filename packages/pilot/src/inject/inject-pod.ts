import { checkAnnotations } from './check-annotations.ts'
import { decideInjection } from './decide-injection.ts'
import { effectiveProxyConfig } from './effective-proxy-config.ts'
import { STATUS_KEY } from './injection-status.ts'
import type { InjectionSettings } from './injection-settings.ts'
import { type Fields, fieldsOf, textsOf } from './json.ts'
import { buildPod } from './build-pod.ts'
import { podWarnings } from './pod-warnings.ts'
import { chosenTemplates, type CompiledTemplate, renderTemplates } from './render-templates.ts'
import type { RememberedYaml } from './remembered-yaml.ts'
import { restorePod } from './restore-pod.ts'
import { type InjectorFacts, startOrder, templateData } from './template-data.ts'
import { type Workload, workloadOf } from './workload-of.ts'

/** Everything that decides what a pod becomes. */
export interface Injector extends InjectorFacts {
  readonly settings: InjectionSettings
  readonly templates: ReadonlyMap<string, CompiledTemplate>
  readonly yaml: RememberedYaml
}

export type InjectionOutcome =
  /** Stays as it is. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /** Cannot be what it asks to be. */
  | { readonly kind: 'refused'; readonly problems: readonly string[] }
  | { readonly kind: 'injected'; readonly pod: Fields; readonly reason: string; readonly warnings: readonly string[] }

/** What a pod becomes; `workload` made it, as far as the pod itself does not tell. The webhook and the command do the same. A pod that was injected before becomes what it would be now. */
export function injectPod(pod: Fields, namespace: string, injector: Injector, workload: Workload = workloadOf(pod)): InjectionOutcome {
  const { settings } = injector
  const { inject, reason } = decideInjection(pod, namespace, settings)
  if (!inject) return { kind: 'skipped', reason }
  const original = restorePod(pod)
  const metadata = fieldsOf(original['metadata'])
  const { problems, warnings } = checkAnnotations(metadata)
  if (problems.length > 0) return { kind: 'refused', problems }
  const names = chosenTemplates(metadata, settings)
  if (names.kind === 'err') return { kind: 'refused', problems: [names.error] }
  const proxyConfig = effectiveProxyConfig(metadata, namespace, settings, injector.proxyConfigs ?? [])
  const data = templateData({ pod: original, namespace, workload, proxyConfig }, settings, injector)
  const part = renderTemplates(names.value, injector.templates, data, injector.yaml)
  if (part.kind === 'err') return { kind: 'refused', problems: [part.error] }
  const order = startOrder(metadata, proxyConfig, settings, injector)
  const built = buildPod(original, part.value, { settings, order, revision: injector.revision })
  return { kind: 'injected', pod: built.pod, reason, warnings: [...warnings, ...built.warnings, ...podWarnings(original)] }
}

/** Whether a proxy was added to the pod. */
export function isInjected(pod: Fields): boolean {
  return textsOf(fieldsOf(pod['metadata'])['annotations'])[STATUS_KEY] !== undefined
}
