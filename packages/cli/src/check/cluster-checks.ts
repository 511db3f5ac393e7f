import type { Check } from './check.ts'
import type { ClusterView, OwnedView, WebhookView } from './cluster-view.ts'

const GROUP = 'cluster'
const OWNERS = 'other-owners'
const LEFTOVERS = 'leftovers'
const ISTIO_GROUPS = /(?:^|\.)(?:istio\.io|meshwork\.dev)$/
/** Namespaces that no webhook of a mesh may hold up. */
const INJECTION_LABELS = ['istio-injection', 'istio.io/rev']

/** What is there before an installation, and whose it is. */
export const CLUSTER_CHECKS: readonly Check[] = [
  {
    name: 'nodes-ready',
    group: GROUP,
    code: 'MC0401',
    phase: 'both',
    level: 'error',
    title: 'a node is ready',
    reason: 'no pod of the control plane can start',
    remedy: 'kubectl get nodes, then kubectl describe node of those that are not ready',
    needs: ['nodes'],
    run: ({ nodes }) => (nodes.some(({ isReady }) => isReady) ? [] : [`none of ${nodes.length} nodes is ready`]),
  },
  {
    name: 'nodes-platform',
    group: GROUP,
    code: 'MC0402',
    phase: 'both',
    level: 'warning',
    title: 'all nodes run Linux on amd64 or arm64',
    reason: 'there are images for these platforms only; pods on other nodes get no sidecar that runs',
    remedy: 'keep meshed workloads off the other nodes by a nodeSelector',
    needs: ['nodes'],
    run: ({ nodes }) =>
      nodes
        .filter(({ os, arch }) => os !== 'linux' || !['amd64', 'arm64'].includes(arch))
        .map(({ name, os, arch }) => `node ${name} is ${os}/${arch}`),
  },
  {
    name: 'cluster-dns',
    group: GROUP,
    code: 'MC0403',
    phase: 'both',
    level: 'warning',
    title: 'the cluster has a DNS service',
    reason: 'sidecars find the control plane by name',
    remedy: 'install CoreDNS, or name addresses in PROXY_CONFIG and CA_ADDR',
    needs: ['services'],
    run: ({ services }) =>
      services.some(({ ports, namespace }) => namespace === 'kube-system' && ports.some(({ port }) => port === 53))
        ? []
        : ['no service in kube-system has port 53'],
  },
  {
    name: 'namespace-usable',
    group: GROUP,
    code: 'MC0404',
    phase: 'both',
    level: 'error',
    title: 'the namespace of the mesh is not being deleted',
    reason: 'nothing can be made in a namespace that is being deleted',
    remedy: 'wait until it is gone; kubectl get namespace NAME -o yaml tells what it waits for',
    needs: ['namespaces'],
    run: ({ namespaces, namespace }) =>
      namespaces
        .filter(({ name, isTerminating }) => name === namespace && isTerminating)
        .map(({ name }) => `namespace ${name} is being deleted`),
  },
  {
    name: 'namespace-quota',
    group: GROUP,
    code: 'MC0405',
    phase: 'both',
    level: 'warning',
    title: 'no quota limits the namespace of the mesh',
    reason: 'a quota can keep replicas of the control plane from starting when they are needed most',
    remedy: 'see that the quota has room for twice the replicas, or remove it',
    needs: ['quotas'],
    run: ({ quotas, namespace }) => quotas.map(name => `ResourceQuota ${name} in ${namespace}`),
  },
  {
    name: 'pod-security',
    group: GROUP,
    code: 'MC0406',
    phase: 'both',
    level: 'error',
    title: 'meshed namespaces allow what istio-init needs',
    reason: 'Pod Security of level baseline or restricted refuses the capabilities NET_ADMIN and NET_RAW, and with them every injected pod',
    remedy: 'label the namespace pod-security.kubernetes.io/enforce=privileged',
    needs: ['namespaces'],
    run: view =>
      view.namespaces
        .filter(({ name, labels }) => isMeshed(labels) && name !== view.namespace)
        .filter(({ labels }) => ['baseline', 'restricted'].includes(labels['pod-security.kubernetes.io/enforce'] ?? ''))
        .map(({ name, labels }) => `namespace ${name} enforces ${labels['pod-security.kubernetes.io/enforce']}`),
  },
  {
    name: 'definitions-owner',
    group: OWNERS,
    code: 'MC0501',
    phase: 'both',
    level: 'warning',
    title: 'definitions of the kinds of the mesh are ours',
    reason: 'they are used as they are and never changed: another version of a kind may lack fields',
    remedy: 'remove the other installation, or take its definitions over: meshctl install --adopt',
    needs: ['definitions'],
    run: ({ definitions }) =>
      foreign(
        definitions.filter(({ group }) => ISTIO_GROUPS.test(group)),
        'CustomResourceDefinition',
      ),
  },
  {
    name: 'injector-owner',
    group: OWNERS,
    code: 'MC0502',
    phase: 'both',
    level: 'error',
    title: 'nobody else injects sidecars',
    reason: 'two injectors add two sidecars to a pod, and neither works',
    remedy: 'remove the other mesh, or give each a revision and label namespaces with istio.io/rev',
    needs: ['webhooks'],
    run: ({ webhooks }) => foreign(webhooks.filter(isInjector), 'MutatingWebhookConfiguration'),
  },
  {
    name: 'validator-owner',
    group: OWNERS,
    code: 'MC0503',
    phase: 'both',
    level: 'warning',
    title: 'nobody else validates the kinds of the mesh',
    reason: 'another validator may refuse configuration that this mesh understands',
    remedy: 'remove the ValidatingWebhookConfiguration of the other mesh when it is gone',
    needs: ['webhooks'],
    run: ({ webhooks }) =>
      foreign(
        webhooks.filter(({ type, name }) => type === 'validating' && /istio/.test(name)),
        'ValidatingWebhookConfiguration',
      ),
  },
  {
    name: 'other-mesh',
    group: OWNERS,
    code: 'MC0504',
    phase: 'both',
    level: 'warning',
    title: 'there is no other kind of mesh',
    reason: 'a namespace that belongs to both gets sidecars of both',
    remedy: 'keep the namespaces of the meshes apart',
    needs: ['definitions'],
    run: ({ definitions }) => {
      const groups = new Set(
        definitions.map(({ group }) => group).filter(group => /linkerd\.io$|kuma\.io$|consul\.hashicorp\.com$/.test(group)),
      )
      return [...groups].map(group => `there are kinds of ${group}`)
    },
  },
  {
    name: 'webhooks-have-services',
    group: OWNERS,
    code: 'MC0505',
    phase: 'both',
    level: 'error',
    title: 'webhooks that see pods have a service behind them',
    reason: 'a webhook with failurePolicy Fail and no service refuses every pod, the control plane included',
    remedy: 'kubectl delete the webhook configuration that is named, or bring its service back',
    needs: ['webhooks', 'services'],
    run: ({ webhooks, services }) => {
      const present = new Set(services.map(({ namespace, name }) => `${namespace}/${name}`))
      return webhooks.flatMap(({ name, hooks }) =>
        hooks
          .filter(({ seesPods, failurePolicy, service }) => seesPods && failurePolicy === 'Fail' && service !== '' && !present.has(service))
          .map(({ service }) => `${name} calls ${service}, which is not there`),
      )
    },
  },
  {
    name: 'leftover-webhooks',
    group: LEFTOVERS,
    code: 'MC0601',
    phase: 'both',
    level: 'error',
    title: 'no webhook is left of a mesh that is gone',
    reason: 'its failurePolicy Fail keeps pods from starting',
    remedy: 'meshctl uninstall --purge -n NAMESPACE removes what is left',
    needs: ['webhooks', 'namespaces'],
    run: view => orphans(view, view.webhooks, 'webhook configuration'),
  },
  {
    name: 'leftover-roles',
    group: LEFTOVERS,
    code: 'MC0602',
    phase: 'both',
    level: 'warning',
    title: 'no ClusterRole is left of a mesh that is gone',
    reason: 'rights that nobody needs are rights for whoever makes the account again',
    remedy: 'meshctl uninstall --purge -n NAMESPACE removes what is left',
    needs: ['roles', 'namespaces'],
    run: view => orphans(view, view.roles, 'ClusterRole'),
  },
  {
    name: 'leftover-bindings',
    group: LEFTOVERS,
    code: 'MC0603',
    phase: 'both',
    level: 'warning',
    title: 'no ClusterRoleBinding is left of a mesh that is gone',
    reason: 'rights that nobody needs are rights for whoever makes the account again',
    remedy: 'meshctl uninstall --purge -n NAMESPACE removes what is left',
    needs: ['bindings', 'namespaces'],
    run: view => orphans(view, view.bindings, 'ClusterRoleBinding'),
  },
]

/** Whether pods of a namespace get a sidecar. */
export function isMeshed(labels: Readonly<Record<string, string>>): boolean {
  const [injection, revision] = INJECTION_LABELS.map(label => labels[label])
  return injection === 'enabled' || (injection === undefined && revision !== undefined && revision !== '')
}

export function isInjector({ type, hooks }: WebhookView): boolean {
  return (
    type === 'mutating' &&
    hooks.some(({ path, selectors }) => path.startsWith('/inject') || INJECTION_LABELS.some(label => selectors.includes(label)))
  )
}

function foreign(objects: readonly OwnedView[], kind: string): readonly string[] {
  return objects.flatMap(({ name, owner }) => (owner.kind === 'us' ? [] : [`${kind} ${name} belongs to ${owner.name}`]))
}

/** Objects of ours that name a namespace which does not exist. */
function orphans({ namespaces }: ClusterView, objects: readonly OwnedView[], kind: string): readonly string[] {
  const present = new Set(namespaces.map(({ name }) => name))
  return objects
    .filter(({ home }) => home !== '' && !present.has(home))
    .map(({ name, home }) => `${kind} ${name} of a mesh in namespace ${home}`)
}
