import type { Check } from './check.ts'
import type { ClusterView, DeploymentView, PageView } from './cluster-view.ts'

const EXISTENCE = 'control-plane'
const HEALTH = 'control-plane-health'
const VERSION = 'control-plane-version'
const MANY_RESTARTS = 5
/** On fewer nodes a second replica adds little. */
const NODES_FOR_REPLICAS = 3
/** Groups of kinds of which at least one must be defined. */
const DEFINED_GROUPS = ['networking.istio.io', 'security.istio.io', 'authentication.istio.io', 'rbac.istio.io', 'config.istio.io']
const PILOT_PORTS = [443, 15012, 15014]

/** `istiod`, or `istiod-REV`. */
export function pilotName({ revision }: Pick<ClusterView, 'revision'>): string {
  return revision === 'default' ? 'istiod' : `istiod-${revision}`
}

const CITADEL = 'istio-citadel'

export const CONTROL_PLANE_CHECKS: readonly Check[] = [
  {
    name: 'namespace-exists',
    group: EXISTENCE,
    code: 'MC0701',
    phase: 'post',
    level: 'error',
    title: 'the namespace of the mesh is there',
    reason: 'nothing is installed',
    remedy: 'meshctl install, or name the namespace with -n',
    needs: ['namespaces'],
    run: ({ namespaces, namespace }) => (namespaces.some(({ name }) => name === namespace) ? [] : [`there is no namespace ${namespace}`]),
  },
  exists('pilot-deployed', 'MC0702', 'pilot is deployed', pilotName, 'proxies get no configuration and pods no sidecar'),
  exists('citadel-deployed', 'MC0703', 'citadel is deployed', () => CITADEL, 'proxies get no certificates'),
  {
    name: 'pilot-service',
    group: EXISTENCE,
    code: 'MC0704',
    phase: 'post',
    level: 'error',
    title: `the service of pilot has ports ${PILOT_PORTS.join(', ')}`,
    reason: 'proxies and the API server reach pilot by these ports',
    remedy: 'meshctl install brings the service back',
    needs: ['services'],
    run: view => missingPorts(view, pilotName(view), PILOT_PORTS),
  },
  {
    name: 'citadel-service',
    group: EXISTENCE,
    code: 'MC0705',
    phase: 'post',
    level: 'error',
    title: 'the service of citadel has port 8060',
    reason: 'proxies ask for certificates there',
    remedy: 'meshctl install brings the service back',
    needs: ['services'],
    run: view => missingPorts(view, CITADEL, [8060]),
  },
  {
    name: 'service-accounts',
    group: EXISTENCE,
    code: 'MC0706',
    phase: 'post',
    level: 'error',
    title: 'the accounts of the control plane are there',
    reason: 'pods without their account do not start',
    remedy: 'meshctl install brings the accounts back',
    needs: ['accounts'],
    run: view =>
      [pilotName(view), CITADEL]
        .filter(name => !view.accounts.includes(name))
        .map(name => `there is no ServiceAccount ${name} in ${view.namespace}`),
  },
  {
    name: 'cluster-roles',
    group: EXISTENCE,
    code: 'MC0707',
    phase: 'post',
    level: 'error',
    title: 'the control plane has its ClusterRoles',
    reason: 'pilot and citadel may read nothing without them',
    remedy: 'meshctl install brings the roles back',
    needs: ['roles'],
    run: view => noneOfOurs(view, view.roles, 'ClusterRole'),
  },
  {
    name: 'cluster-role-bindings',
    group: EXISTENCE,
    code: 'MC0708',
    phase: 'post',
    level: 'error',
    title: 'the ClusterRoles are bound to the accounts',
    reason: 'pilot and citadel may read nothing without them',
    remedy: 'meshctl install brings the bindings back',
    needs: ['bindings'],
    run: view => noneOfOurs(view, view.bindings, 'ClusterRoleBinding'),
  },
  {
    name: 'definitions-present',
    group: EXISTENCE,
    code: 'MC0709',
    phase: 'post',
    level: 'error',
    title: 'the kinds of the mesh are defined',
    reason: 'configuration of these kinds cannot be written',
    remedy: 'meshctl install, or helm upgrade of the chart base',
    needs: ['definitions'],
    run: ({ definitions }) =>
      DEFINED_GROUPS.filter(group => !definitions.some(each => each.group === group)).map(group => `no kind of ${group} is defined`),
  },
  {
    name: 'definitions-established',
    group: EXISTENCE,
    code: 'MC0710',
    phase: 'post',
    level: 'error',
    title: 'the API server serves all kinds of the mesh',
    reason: 'a kind that is not established cannot be read or written',
    remedy: 'kubectl describe crd NAME tells what stands in the way',
    needs: ['definitions'],
    run: ({ definitions }) =>
      definitions
        .filter(({ group, isEstablished }) => group.endsWith('istio.io') && !isEstablished)
        .map(({ name }) => `${name} is not established`),
  },
  configMap('mesh-config', 'MC0711', 'the configuration of the mesh is there', 'istio', ['mesh'], 'pilot takes its defaults'),
  configMap(
    'injection-config',
    'MC0712',
    'the injection template is there',
    'istio-sidecar-injector',
    ['config', 'values'],
    'no pod gets a sidecar',
  ),
  {
    name: 'deployments-available',
    group: HEALTH,
    code: 'MC0801',
    phase: 'post',
    level: 'error',
    title: 'all deployments of the mesh are available',
    reason: 'a part of the control plane does not run',
    remedy: 'kubectl -n NAMESPACE get pods, then kubectl describe pod and kubectl logs of those that are not ready',
    needs: ['deployments'],
    run: ({ deployments }) =>
      deployments
        .filter(({ wanted, available }) => available < wanted)
        .map(({ name, wanted, available }) => `${name}: ${available} of ${wanted} replicas are available`),
  },
  podState(
    'images-pulled',
    'MC0802',
    'all images can be pulled',
    /ImagePull|ErrImage|InvalidImage/,
    'correct global.hub and global.tag, or the pull secret',
  ),
  podState(
    'pods-scheduled',
    'MC0803',
    'all pods find a node',
    /Unschedulable/,
    'add nodes, or ask for less: kubectl describe pod tells what is short',
  ),
  podState(
    'pods-not-crashing',
    'MC0804',
    'no pod crashes at start',
    /CrashLoopBackOff|CreateContainer|RunContainerError/,
    'kubectl logs --previous tells why',
  ),
  {
    name: 'pods-not-restarting',
    group: HEALTH,
    code: 'MC0805',
    phase: 'post',
    level: 'warning',
    title: `no pod of the control plane restarted more than ${MANY_RESTARTS} times`,
    reason: 'something kills it again and again: memory, probes or a fault',
    remedy: 'kubectl describe pod tells the last state; kubectl logs --previous what it said',
    needs: ['pods'],
    run: view =>
      view.pods
        .filter(({ namespace, restarts }) => namespace === view.namespace && restarts > MANY_RESTARTS)
        .map(({ name, restarts }) => `${name} restarted ${restarts} times`),
  },
  endpointsOf('pilot-endpoints', 'MC0806', 'the service of pilot has an endpoint that is ready', pilotName),
  endpointsOf('citadel-endpoints', 'MC0807', 'the service of citadel has an endpoint that is ready', () => CITADEL),
  answers('pilot-answers', 'MC0808', 'pilot says that it is ready', ({ pages }) => pages.pilotReady),
  answers('citadel-answers', 'MC0809', 'citadel says that it is ready', ({ pages }) => pages.citadelReady),
  {
    name: 'pilot-replicas',
    group: HEALTH,
    code: 'MC0810',
    phase: 'post',
    level: 'warning',
    title: 'pilot has two replicas or more, where there are nodes for them',
    reason: 'while the only one moves, no pod of a meshed namespace can start',
    remedy: 'meshctl install --profile prod, or --set pilot.replicas=2',
    needs: ['deployments', 'nodes'],
    run: view =>
      view.nodes.filter(({ isReady }) => isReady).length < NODES_FOR_REPLICAS
        ? []
        : deploymentsOf(view, pilotName(view))
            .filter(({ wanted }) => wanted < 2)
            .map(({ name, wanted }) => `${name} has ${wanted}`),
  },
  {
    name: 'disruption-budgets',
    group: HEALTH,
    code: 'MC0811',
    phase: 'post',
    level: 'warning',
    title: 'pilot with several replicas has a PodDisruptionBudget',
    reason: 'draining nodes may stop all replicas at once',
    remedy: 'meshctl install --profile prod',
    needs: ['deployments', 'budgets'],
    run: view =>
      deploymentsOf(view, pilotName(view))
        .filter(({ wanted, name }) => wanted > 1 && !view.budgets.includes(name))
        .map(({ name }) => `${name} has none`),
  },
  {
    name: 'versions-alike',
    group: VERSION,
    code: 'MC0901',
    phase: 'post',
    level: 'warning',
    title: 'all parts of the control plane have one version',
    reason: 'an upgrade was interrupted, or somebody changed an image by hand',
    remedy: 'run the same meshctl install or upgrade again',
    needs: ['deployments'],
    run: ({ deployments }) => {
      const tags = new Map(deployments.flatMap(({ name, images }) => images.map(image => [tagOf(image), `${name} has ${image}`] as const)))
      return tags.size > 1 ? [...tags.values()] : []
    },
  },
  {
    name: 'cli-version',
    group: VERSION,
    code: 'MC0902',
    phase: 'post',
    level: 'warning',
    title: 'meshctl and pilot have one version',
    reason: 'meshctl may not know what this control plane has',
    remedy: 'use the meshctl of the version that is installed, or upgrade the mesh: meshctl upgrade',
    needs: ['deployments'],
    run: view =>
      deploymentsOf(view, pilotName(view))
        .flatMap(({ images }) => images)
        .filter(image => isVersion(tagOf(image)) && tagOf(image) !== view.cliVersion)
        .map(image => `meshctl is ${view.cliVersion}, pilot runs ${image}`),
  },
]

/** The part behind the last colon of an image, without its digest. */
export function tagOf(image: string): string {
  const [name = ''] = image.split('@')
  const colon = name.lastIndexOf(':')
  return colon > name.lastIndexOf('/') ? name.slice(colon + 1) : 'latest'
}

function isVersion(tag: string): boolean {
  return /^v?\d+\.\d+/.test(tag)
}

function deploymentsOf({ deployments }: ClusterView, wanted: string): readonly DeploymentView[] {
  return deployments.filter(({ name }) => name === wanted)
}

function exists(name: string, code: string, title: string, nameOf: (view: ClusterView) => string, reason: string): Check {
  const remedy = 'meshctl install; meshctl check -n NAMESPACE or --revision REV if it is installed elsewhere'
  return {
    ...{ name, group: EXISTENCE, code, phase: 'post', level: 'error', title, reason, remedy, needs: ['deployments'] },
    run: view => (deploymentsOf(view, nameOf(view)).length > 0 ? [] : [`there is no Deployment ${nameOf(view)} in ${view.namespace}`]),
  }
}

function missingPorts({ services, namespace }: ClusterView, wanted: string, ports: readonly number[]): readonly string[] {
  const service = services.find(each => each.name === wanted && each.namespace === namespace)
  if (service === undefined) return [`there is no Service ${wanted} in ${namespace}`]
  return ports.filter(port => !service.ports.some(each => each.port === port)).map(port => `Service ${wanted} has no port ${port}`)
}

function noneOfOurs({ namespace }: ClusterView, objects: ClusterView['roles'], kind: string): readonly string[] {
  return objects.some(({ owner, home }) => owner.kind === 'us' && home === namespace)
    ? []
    : [`no ${kind} belongs to the mesh in ${namespace}`]
}

function configMap(name: string, code: string, title: string, start: string, keys: readonly string[], reason: string): Check {
  const remedy = 'meshctl install brings it back'
  return {
    ...{ name, group: EXISTENCE, code, phase: 'post', level: 'error', title, reason, remedy, needs: ['configMaps'] },
    run: ({ configMaps, revision, namespace }) => {
      const wanted = revision === 'default' ? start : `${start}-${revision}`
      const found = configMaps.find(each => each.name === wanted) ?? configMaps.find(each => each.name === start)
      if (found === undefined) return [`there is no ConfigMap ${wanted} in ${namespace}`]
      return keys.filter(key => (found.data[key] ?? '') === '').map(key => `ConfigMap ${found.name} has no ${key}`)
    },
  }
}

function podState(name: string, code: string, title: string, pattern: RegExp, remedy: string): Check {
  const reason = 'a part of the control plane does not start'
  return {
    ...{ name, group: HEALTH, code, phase: 'post', level: 'error', title, reason, remedy, needs: ['pods'] },
    run: view =>
      view.pods
        .filter(({ namespace }) => namespace === view.namespace)
        .flatMap(pod => pod.waiting.filter(state => pattern.test(state)).map(state => `${pod.name}: ${state}`)),
  }
}

function endpointsOf(name: string, code: string, title: string, nameOf: (view: ClusterView) => string): Check {
  const reason = 'nobody can reach it, whatever its deployment says'
  const remedy = 'kubectl get endpointslices; compare the selector of the service with the labels of the pods'
  return {
    ...{ name, group: HEALTH, code, phase: 'post', level: 'error', title, reason, remedy, needs: ['endpoints'] },
    run: view =>
      view.endpoints.some(({ service, ready }) => service === nameOf(view) && ready > 0)
        ? []
        : [`Service ${nameOf(view)} has no endpoint that is ready`],
  }
}

function answers(name: string, code: string, title: string, page: (view: ClusterView) => PageView): Check {
  const reason = 'the API server reaches the pod, or does not, as it will for webhooks'
  const remedy =
    'kubectl logs of the pod; if the API server cannot reach pods, open port 15014 and 15017 from the control plane to the nodes'
  return {
    ...{ name, group: HEALTH, code, phase: 'post', level: 'error', title, reason, remedy, needs: ['pages'] },
    run: view => {
      const { status, text } = page(view)
      return status === 200 ? [] : [`it answered ${status === 0 ? 'nothing' : status}: ${text.trim().slice(0, 200)}`]
    },
  }
}
