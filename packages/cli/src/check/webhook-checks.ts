import { parseCertificateChain } from '@meshwork/core/x509'
import type { Check } from './check.ts'
import { isInjector } from './cluster-checks.ts'
import type { ClusterView, HookView, WebhookView } from './cluster-view.ts'

const GROUP = 'webhooks'
/** What an API server says when it could not reach the pod behind a service. */
const UNREACHABLE = [0, 502, 503, 504]

export const WEBHOOK_CHECKS: readonly Check[] = [
  {
    name: 'injector-configured',
    group: GROUP,
    code: 'MC1001',
    phase: 'post',
    level: 'error',
    title: 'the API server asks the injector about pods',
    reason: 'pods of meshed namespaces start without a sidecar',
    remedy: 'meshctl install brings the MutatingWebhookConfiguration back',
    needs: ['webhooks'],
    run: view => (injectors(view).length > 0 ? [] : [`no MutatingWebhookConfiguration calls a service in ${view.namespace}`]),
  },
  {
    name: 'validator-configured',
    group: GROUP,
    code: 'MC1002',
    phase: 'post',
    level: 'warning',
    title: 'configuration is validated when it is written',
    reason: 'mistakes are found only when proxies refuse them',
    remedy: 'meshctl install brings the ValidatingWebhookConfiguration back',
    needs: ['webhooks'],
    run: view => (validators(view).length > 0 ? [] : [`no ValidatingWebhookConfiguration calls a service in ${view.namespace}`]),
  },
  certificate('injector-ca-bundle', 'MC1003', 'the API server trusts the injector', injectors),
  certificate('validator-ca-bundle', 'MC1004', 'the API server trusts the validator', validators),
  service('injector-service', 'MC1005', 'the service of the injector is there', injectors),
  service('validator-service', 'MC1006', 'the service of the validator is there', validators),
  {
    name: 'injector-fails-closed',
    group: GROUP,
    code: 'MC1007',
    phase: 'post',
    level: 'warning',
    title: 'pods wait when the injector is down',
    reason: 'with failurePolicy Ignore they start without a sidecar, outside of every policy',
    remedy: 'meshctl install sets failurePolicy Fail again',
    needs: ['webhooks'],
    run: view =>
      hooksOf(injectors(view))
        .filter(({ hook }) => hook.failurePolicy !== 'Fail')
        .map(({ name, hook }) => `${name}: failurePolicy is ${hook.failurePolicy}`),
  },
  {
    name: 'injector-selects',
    group: GROUP,
    code: 'MC1008',
    phase: 'post',
    level: 'error',
    title: 'the injector is asked about labelled namespaces only',
    reason: 'without a selector it holds up kube-system and itself when it is down',
    remedy: 'meshctl install sets the selectors again',
    needs: ['webhooks'],
    run: view =>
      hooksOf(injectors(view))
        .filter(({ hook }) => !/istio-injection|istio\.io\/rev|sidecar\.istio\.io\/inject/.test(hook.selectors))
        .map(({ name }) => `${name} selects everything`),
  },
  {
    name: 'injector-once',
    group: GROUP,
    code: 'MC1009',
    phase: 'post',
    level: 'error',
    title: 'one injector at most is asked about istio-injection=enabled',
    reason: 'two injectors add two sidecars to a pod',
    remedy: 'remove one of them, or give it a revision',
    needs: ['webhooks'],
    run: ({ webhooks }) => {
      const names = webhooks
        .filter(each => isInjector(each) && each.hooks.some(({ selectors }) => /istio-injection[^\]}]*enabled/.test(selectors)))
        .map(({ name }) => name)
      return names.length > 1 ? names : []
    },
  },
  {
    name: 'injector-reachable',
    group: GROUP,
    code: 'MC1010',
    phase: 'post',
    level: 'error',
    title: 'the API server reaches the injector',
    reason: 'in private clusters a firewall often stands between the API server and the nodes; then no pod of a meshed namespace starts',
    remedy: 'allow TCP port 15017 from the API server to the nodes',
    needs: ['pages'],
    run: ({ pages: { injector } }) =>
      UNREACHABLE.includes(injector.status) ? [`port 15017: ${injector.text.trim().slice(0, 200) || 'no answer'}`] : [],
  },
]

function injectors(view: ClusterView): readonly WebhookView[] {
  return ours(view).filter(isInjector)
}

function validators(view: ClusterView): readonly WebhookView[] {
  return ours(view).filter(({ type }) => type === 'validating')
}

function ours({ webhooks, namespace }: ClusterView): readonly WebhookView[] {
  return webhooks.filter(({ hooks }) => hooks.some(({ service: called }) => called.startsWith(`${namespace}/`)))
}

function hooksOf(webhooks: readonly WebhookView[]): readonly { readonly name: string; readonly hook: HookView }[] {
  return webhooks.flatMap(({ name, hooks }) => hooks.map(hook => ({ name: `${name} (${hook.name})`, hook })))
}

function certificate(name: string, code: string, title: string, find: (view: ClusterView) => readonly WebhookView[]): Check {
  const reason = 'the API server refuses the answer of a webhook whose certificate does not come from the caBundle'
  const remedy = 'restart pilot, which writes the caBundle: kubectl rollout restart deployment istiod'
  return {
    ...{ name, group: GROUP, code, phase: 'post', level: 'error', title, reason, remedy, needs: ['webhooks', 'roots'] },
    run: view => hooksOf(find(view)).flatMap(each => bundleProblem(each.name, each.hook, view)),
  }
}

function bundleProblem(name: string, { caBundle }: HookView, { at, roots, namespace }: ClusterView): readonly string[] {
  if (caBundle === '') return [`${name} has no caBundle`]
  const chain = parseCertificateChain(caBundle)
  if (chain.kind === 'err') return [`${name}: the caBundle holds no certificates: ${chain.error}`]
  const expired = chain.value.every(({ notAfterMs }) => notAfterMs < at)
  if (expired) return [`${name}: the caBundle has expired`]
  const root = roots.find(each => each.namespace === namespace)?.data['root-cert.pem']
  const known = root === undefined ? undefined : parseCertificateChain(root)
  if (known?.kind !== 'ok') return []
  const shared = chain.value.some(each =>
    known.value.some(({ serialNumber, subject }) => each.serialNumber === serialNumber && each.subject === subject),
  )
  return shared ? [] : [`${name}: the caBundle is not the root of the mesh`]
}

function service(name: string, code: string, title: string, find: (view: ClusterView) => readonly WebhookView[]): Check {
  const reason = 'what the webhook is asked about is refused'
  const remedy = 'meshctl install brings the service back'
  return {
    ...{ name, group: GROUP, code, phase: 'post', level: 'error', title, reason, remedy, needs: ['webhooks', 'services'] },
    run: view =>
      hooksOf(find(view))
        .filter(
          ({ hook }) =>
            !view.services.some(
              each => `${each.namespace}/${each.name}` === hook.service && each.ports.some(({ port }) => port === hook.port),
            ),
        )
        .map(each => `${each.name} calls ${each.hook.service}:${each.hook.port}, which is not there`),
  }
}
