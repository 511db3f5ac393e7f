import type { AnalysisContext } from '../context.ts'
import { at, entries, textOf } from '../document.ts'
import type { Draft, Rule } from '../finding.ts'
import { injectorValues } from '../injector-values.ts'
import type { AnalysedWorkload } from '../workloads.ts'
import { isInjected } from './namespaces.ts'

const PROXY = 'istio-proxy'
const INJECT = 'sidecar.istio.io/inject'
/** The proxy's own traffic is told from the application's by this user; what runs under it goes past the proxy. */
const PROXY_UID = 1337

/** Only said of pods that run: before that there is no proxy in any of them. */
export const podMissingProxy: Rule = {
  code: 'IST0103',
  name: 'PodMissingProxy',
  severity: 'warning',
  summary: 'a running pod of an injected namespace without a proxy',
  check: context =>
    context.workloads
      .filter(({ document }) => document.kind === 'Pod' && textOf(at(document.body, 'status', 'phase')) === 'Running')
      .filter(pod => isInjected(pod.namespace, context) && !isOptedOut(pod) && !names(pod).includes(PROXY))
      .map(({ document, namespace }) => ({
        object: document,
        path: 'metadata.name',
        message: `the pod has no proxy although the namespace '${namespace}' is injected: it started before, or injection failed`,
        remedy: `restart it (kubectl delete pod ${document.meta.name} -n ${namespace}), or label it '${INJECT}: "false"'`,
      })),
}

export const podProxyImageMismatch: Rule = {
  code: 'IST0158',
  name: 'PodsIstioProxyImageMismatchInNamespace',
  severity: 'warning',
  summary: "a pod whose proxy has another image than the injector's",
  check: context => {
    const proxy = at(injectorValues(context), 'global', 'proxy')
    const wanted = textOf(at(proxy, 'image'))
    if (wanted === '') return []
    return context.workloads.flatMap(({ document, namespace, containers, annotations }) => {
      const image = textOf(
        at(
          containers.find(each => textOf(at(each, 'name')) === PROXY),
          'image',
        ),
      )
      if (document.kind !== 'Pod' || image === '' || image === 'auto' || image === wanted || PROXY_IMAGE in annotations) return []
      const message = `the proxy of this pod is ${image}, new pods get ${wanted}`
      return [{ object: document, path: 'spec.containers', message, remedy: `restart the workloads of the namespace '${namespace}'` }]
    })
  },
}

const PROXY_IMAGE = 'sidecar.istio.io/proxyImage'

export const applicationUid: Rule = {
  code: 'IST0144',
  name: 'InvalidApplicationUID',
  severity: 'warning',
  summary: `a container that runs as user ${PROXY_UID}, the proxy's: its traffic goes past the proxy`,
  check: context => context.workloads.flatMap(wrongUids),
}

function wrongUids(workload: AnalysedWorkload): readonly Draft[] {
  const { document, podSpec } = workload
  const draft = (path: string, who: string): Draft => ({
    object: document,
    path: specPath(workload, path),
    message: `${who} runs as user ${PROXY_UID}, which is the proxy's: its traffic would go past the proxy`,
    remedy: 'run it as another user',
  })
  const pod = uidOf(podSpec) === PROXY_UID ? [draft('securityContext.runAsUser', 'the pod')] : []
  const containers = entries(at(podSpec, 'containers')).flatMap((container, i) => {
    const name = textOf(at(container, 'name'))
    if (name === PROXY || uidOf(container) !== PROXY_UID) return []
    return [draft(`containers[${i}].securityContext.runAsUser`, `the container '${name}'`)]
  })
  return [...pod, ...containers]
}

function uidOf(value: unknown): number {
  return Number(at(value, 'securityContext', 'runAsUser') ?? Number.NaN)
}

/** A pod with the image `auto` that nobody injects never starts. */
export const imageAutoInPod: Rule = {
  code: 'IST0147',
  name: 'ImageAutoWithoutInjectionError',
  severity: 'error',
  summary: 'a pod with `image: auto` that is not injected: there is no such image',
  check: context => imagesLeftAuto(context, kind => kind === 'Pod'),
}

export const imageAutoInTemplate: Rule = {
  code: 'IST0146',
  name: 'ImageAutoWithoutInjectionWarning',
  severity: 'warning',
  summary: 'a Deployment with `image: auto` whose pods are not injected',
  check: context => imagesLeftAuto(context, kind => kind !== 'Pod'),
}

function imagesLeftAuto(context: AnalysisContext, wanted: (kind: string) => boolean): readonly Draft[] {
  return context.workloads
    .filter(each => wanted(each.document.kind) && !isInjected(each.namespace, context) && !isOptedIn(each))
    .flatMap(workload =>
      entries(at(workload.podSpec, 'containers')).flatMap((container, i) =>
        textOf(at(container, 'image')) === 'auto' ? [imageDraft(workload, i)] : [],
      ),
    )
}

function imageDraft(workload: AnalysedWorkload, index: number): Draft {
  const { document, namespace } = workload
  return {
    object: document,
    path: specPath(workload, `containers[${index}].image`),
    message: `the image is left to the injector, but the namespace '${namespace}' and this pod are not injected`,
    remedy: `label the pod '${INJECT}: "true"' or the namespace 'istio-injection: enabled'`,
  }
}

function specPath({ template }: AnalysedWorkload, path: string): string {
  return template === '' ? `spec.${path}` : `${template}.spec.${path}`
}

function names({ containers }: AnalysedWorkload): readonly string[] {
  return containers.map(each => textOf(at(each, 'name')))
}

function isOptedOut({ labels, annotations }: AnalysedWorkload): boolean {
  return labels[INJECT] === 'false' || annotations[INJECT] === 'false'
}

function isOptedIn({ labels, annotations }: AnalysedWorkload): boolean {
  return labels[INJECT] === 'true' || annotations[INJECT] === 'true'
}
