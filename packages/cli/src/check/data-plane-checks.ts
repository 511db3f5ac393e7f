import { parseSamples } from '../output/prometheus-text.ts'
import type { Check } from './check.ts'
import { isMeshed } from './cluster-checks.ts'
import type { ClusterView, PodView, ServiceView } from './cluster-view.ts'
import { pilotName, tagOf } from './control-plane-checks.ts'

const GROUP = 'data-plane'
const CONFIGURATION = 'configuration'
const GATEWAYS = 'gateways'
const SIDECAR_UID = 1337
const PROTOCOLS = /^(?:http|http2|https|grpc|grpc-web|tcp|tls|udp|mongo|mysql|redis|hbone|auto)(?:-|$)/

export const DATA_PLANE_CHECKS: readonly Check[] = [
  {
    name: 'sidecars-ready',
    group: GROUP,
    code: 'MC1201',
    phase: 'post',
    level: 'error',
    title: 'all sidecars are ready',
    reason: 'a pod whose sidecar is not ready gets no traffic and reaches nobody',
    remedy: 'kubectl logs POD -c istio-proxy',
    needs: ['pods'],
    run: view =>
      running(view)
        .filter(({ sidecar }) => sidecar?.isReady === false)
        .map(nameOf),
  },
  {
    name: 'sidecars-version',
    group: GROUP,
    code: 'MC1202',
    phase: 'post',
    level: 'warning',
    title: 'sidecars have the version of the control plane',
    reason: 'old sidecars lack what the new control plane can do, and its corrections',
    remedy: 'restart their workloads: kubectl rollout restart deployment -n NAMESPACE',
    needs: ['pods', 'deployments'],
    run: view => {
      const wanted = view.deployments.find(({ name }) => name === pilotName(view))?.images[0]
      if (wanted === undefined) return []
      return running(view)
        .filter(({ sidecar }) => sidecar !== undefined && tagOf(sidecar.image) !== tagOf(wanted))
        .map(pod => `${nameOf(pod)} has ${pod.sidecar?.image ?? ''}`)
    },
  },
  {
    name: 'pods-injected',
    group: GROUP,
    code: 'MC1203',
    phase: 'post',
    level: 'warning',
    title: 'pods of meshed namespaces have a sidecar',
    reason: 'pods that were there before the namespace joined speak plain text and obey no policy',
    remedy: 'restart their workloads; meshctl check-inject POD tells why a new one gets none',
    needs: ['pods', 'namespaces'],
    run: view => {
      const meshed = new Set(view.namespaces.filter(({ labels }) => isMeshed(labels)).map(({ name }) => name))
      return running(view)
        .filter(pod => meshed.has(pod.namespace) && pod.sidecar === undefined && !pod.isHostNetwork)
        .filter(({ labels }) => labels['sidecar.istio.io/inject'] !== 'false')
        .map(nameOf)
    },
  },
  {
    name: 'namespace-labels',
    group: GROUP,
    code: 'MC1204',
    phase: 'post',
    level: 'warning',
    title: 'no namespace has both labels of injection',
    reason: 'istio-injection and istio.io/rev contradict each other, and the first one wins',
    remedy: 'kubectl label namespace NAME istio-injection-',
    needs: ['namespaces'],
    run: ({ namespaces }) =>
      namespaces
        .filter(({ labels }) => labels['istio-injection'] !== undefined && labels['istio.io/rev'] !== undefined)
        .map(({ name }) => `namespace ${name}`),
  },
  {
    name: 'revisions-exist',
    group: GROUP,
    code: 'MC1205',
    phase: 'post',
    level: 'error',
    title: 'namespaces name a revision that an injector serves',
    reason: 'pods of the others start without a sidecar',
    remedy: 'label the namespace with a revision that is installed, or install it: meshctl install --revision REV',
    needs: ['namespaces', 'webhooks'],
    run: ({ namespaces, webhooks }) => {
      const known = webhooks.filter(({ type }) => type === 'mutating').flatMap(({ hooks }) => hooks.map(({ selectors }) => selectors))
      return namespaces
        .filter(({ labels }) => labels['istio-injection'] === undefined)
        .flatMap(({ name, labels }) => {
          const revision = labels['istio.io/rev'] ?? ''
          return revision === '' || known.some(text => text.includes(`"${revision}"`)) ? [] : [`namespace ${name} names ${revision}`]
        })
    },
  },
  {
    name: 'host-network',
    group: GROUP,
    code: 'MC1206',
    phase: 'post',
    level: 'warning',
    title: 'no pod with a sidecar uses the network of its node',
    reason: 'interception would catch the traffic of the whole node',
    remedy: 'take hostNetwork or the sidecar away',
    needs: ['pods'],
    run: view =>
      running(view)
        .filter(({ isHostNetwork, sidecar }) => isHostNetwork && sidecar !== undefined)
        .map(nameOf),
  },
  {
    name: 'user-1337',
    group: GROUP,
    code: 'MC1207',
    phase: 'post',
    level: 'error',
    title: `no application runs as user ${SIDECAR_UID}`,
    reason: 'traffic of this user is the sidecar’s own and passes by it',
    remedy: 'give the container another runAsUser',
    needs: ['pods'],
    run: view =>
      running(view)
        .filter(({ sidecar, users }) => sidecar !== undefined && users.includes(SIDECAR_UID))
        .map(nameOf),
  },
  {
    name: 'jobs-complete',
    group: GROUP,
    code: 'MC1208',
    phase: 'post',
    level: 'warning',
    title: 'sidecars of jobs end with the job',
    reason: 'a sidecar that is no native one runs on when the job is done, and the job never completes',
    remedy: 'use native sidecars (Kubernetes 1.29 or newer), or sidecar.istio.io/inject: "false" on the job',
    needs: ['pods'],
    run: view =>
      running(view)
        .filter(({ ownerKind, sidecar }) => ownerKind === 'Job' && sidecar?.isNative === false)
        .map(nameOf),
  },
  {
    name: 'proxies-connected',
    group: GROUP,
    code: 'MC1209',
    phase: 'post',
    level: 'warning',
    title: 'all sidecars are connected to pilot',
    reason: 'one that is not goes on with its last configuration, and learns nothing new',
    remedy: 'meshctl proxy-status names those that are connected; kubectl logs POD -c istio-proxy tells why one is not',
    needs: ['pods', 'deployments'],
    run: view => {
      // The service answers for one replica: with several, each has its share.
      const single = view.deployments.find(({ name }) => name === pilotName(view))?.wanted === 1
      const ready = running(view).filter(({ sidecar }) => sidecar?.isReady === true).length
      const connected = metric(view, 'pilot_xds')
      return single && connected !== undefined && connected < ready ? [`${ready} sidecars are ready, ${connected} are connected`] : []
    },
  },
  {
    name: 'proxies-accept',
    group: CONFIGURATION,
    code: 'MC1301',
    phase: 'post',
    level: 'warning',
    title: 'proxies accept what pilot sends',
    reason: 'a proxy that refuses goes on with the last good configuration',
    remedy: 'meshctl proxy-status shows REJECTED with the proxy’s own words',
    needs: ['pages'],
    run: view => positive(metric(view, 'pilot_total_xds_rejects'), 'refusals since pilot started'),
  },
  {
    name: 'objects-accepted',
    group: CONFIGURATION,
    code: 'MC1302',
    phase: 'post',
    level: 'error',
    title: 'pilot accepts all objects',
    reason: 'an object that is refused has no effect; its last good version stays',
    remedy: 'meshctl analyze names the objects and the fields',
    needs: ['pages'],
    run: view => positive(metric(view, 'pilot_rejected_objects'), 'objects are refused'),
  },
  {
    name: 'routes-lead-somewhere',
    group: CONFIGURATION,
    code: 'MC1303',
    phase: 'post',
    level: 'warning',
    title: 'all routes lead to a service',
    reason: 'requests by the others are answered with 503',
    remedy: 'meshctl analyze names the routes',
    needs: ['pages'],
    run: view => positive(metric(view, 'pilot_route_nocluster'), 'routes lead nowhere'),
  },
  {
    name: 'port-names',
    group: CONFIGURATION,
    code: 'MC1304',
    phase: 'post',
    level: 'warning',
    title: 'ports of meshed services tell their protocol',
    reason: 'the protocol is guessed from the first bytes, and routing, retries and metrics of HTTP need it',
    remedy: 'name the port http-…, grpc-… or tcp-…, or set appProtocol',
    needs: ['services', 'namespaces'],
    run: ({ services, namespaces }) => {
      const meshed = new Set(namespaces.filter(({ labels }) => isMeshed(labels)).map(({ name }) => name))
      return services.filter(({ namespace }) => meshed.has(namespace)).flatMap(unnamedPorts)
    },
  },
  {
    name: 'gateways-ready',
    group: GATEWAYS,
    code: 'MC1401',
    phase: 'post',
    level: 'error',
    title: 'all gateways are ready',
    reason: 'nothing comes in or goes out',
    remedy: 'kubectl logs of the gateway’s pod; it waits for configuration and certificates',
    needs: ['pods'],
    run: view =>
      view.pods
        .filter(isGateway)
        .filter(({ isReady, phase }) => !isReady && phase !== 'Succeeded')
        .map(nameOf),
  },
  {
    name: 'gateways-address',
    group: GATEWAYS,
    code: 'MC1402',
    phase: 'post',
    level: 'warning',
    title: 'gateways of type LoadBalancer have an address',
    reason: 'nobody outside can reach them',
    remedy: 'see that the cluster has a load balancer, or use NodePort: --set gateways.istio-ingressgateway.type=NodePort',
    needs: ['services'],
    run: ({ services }) =>
      services
        .filter(({ labels, type, hasAddress }) => 'istio' in labels && type === 'LoadBalancer' && !hasAddress)
        .map(({ namespace, name }) => `${namespace}/${name} waits for an address`),
  },
  {
    name: 'gateways-endpoints',
    group: GATEWAYS,
    code: 'MC1403',
    phase: 'post',
    level: 'error',
    title: 'services of gateways have an endpoint that is ready',
    reason: 'the load balancer sends requests nowhere',
    remedy: 'kubectl get endpointslices; compare the selector of the service with the labels of the pods',
    needs: ['services', 'endpoints'],
    run: ({ services, endpoints, namespace }) =>
      services
        .filter(service => service.namespace === namespace && (service.labels['istio'] ?? '').endsWith('gateway'))
        .filter(({ name }) => !endpoints.some(({ service, ready }) => service === name && ready > 0))
        .map(({ name }) => `Service ${name} has none`),
  },
]

/** Pods that a user would call running; finished jobs are done. */
function running({ pods }: ClusterView): readonly PodView[] {
  return pods.filter(({ phase }) => phase === 'Running')
}

function nameOf({ namespace, name }: PodView): string {
  return `${namespace}/${name}`
}

function isGateway({ labels }: PodView): boolean {
  return (labels['istio'] ?? '').endsWith('gateway')
}

function unnamedPorts({ namespace, name, ports }: ServiceView): readonly string[] {
  return ports
    .filter(port => port.protocol !== 'UDP' && port.appProtocol === '' && !PROTOCOLS.test(port.name))
    .map(({ port }) => `${namespace}/${name} port ${port}`)
}

/** undefined: pilot did not say. */
function metric({ pages: { pilotMetrics } }: ClusterView, name: string): number | undefined {
  const samples = parseSamples(pilotMetrics.text).filter(sample => sample.name === name)
  return samples.length === 0 ? undefined : samples.reduce((sum, { value }) => sum + value, 0)
}

function positive(count: number | undefined, what: string): readonly string[] {
  return count !== undefined && count > 0 ? [`${count} ${what}`] : []
}
