import { fieldsOf, itemsOf, type KubeAnswer, type KubeText, textOf } from '@meshwork/kube/client'
import type { Clock } from '@meshwork/core/time'
import { messageOf } from '@meshwork/core/result'
import type { ApiView, ClusterView, ListName, PageName, PageView } from './cluster-view.ts'
import { pilotName } from './control-plane-checks.ts'
import type { Item } from './read-objects.ts'
import * as read from './read-objects.ts'
import { podOf } from './read-pod.ts'
import { NEEDED_RIGHTS, rightText } from './right-checks.ts'

/** What reading needs of a client of the API; `KubeClient` has it. */
export interface Reader {
  readonly server: string
  get(path: string): Promise<KubeAnswer>
  getText(path: string): Promise<KubeText>
  create(path: string, body: unknown): Promise<KubeAnswer>
}

export interface ReadOptions {
  readonly namespace: string
  readonly revision: string
  readonly cliVersion: string
  readonly clock: Clock
  /** Called with what is read next. */
  readonly progress: (what: string) => void
}

const PAGE_SIZE = 500
/** 20,000 objects of a kind: more than a check must look at. */
const MOST_PAGES = 40
const OK = 200
const FORBIDDEN = 403

/** Reads everything that checks look at. Never throws: what cannot be read is told in the view. */
export async function readCluster(client: Reader, options: ReadOptions): Promise<ClusterView> {
  options.progress('API server')
  const api = await readApi(client, options.clock)
  const unreadable = new Map<ListName, string>()
  const list = async <T>(name: ListName, path: string, kind: string, parse: (item: Item) => T): Promise<readonly T[]> => {
    if (api.problem !== undefined) return []
    const found = await readList(client, path, kind)
    if ('reason' in found) unreadable.set(name, found.reason)
    return 'items' in found ? found.items.map(parse) : []
  }
  options.progress('rights')
  const [rights, groups] =
    api.problem === undefined ? await Promise.all([readRights(client, options.namespace), readGroups(client)]) : NOTHING
  options.progress('objects')
  const lists = await readLists(list, options.namespace)
  options.progress('control plane')
  const pages = api.problem === undefined ? await readPages(client, options) : NO_PAGES
  const forbidden = Object.values(pages).find(({ status }) => status === FORBIDDEN)
  if (forbidden !== undefined) unreadable.set('pages', textOf(fieldsOf(parsed(forbidden.text))['message']) || 'forbidden')
  const { namespace, revision, cliVersion, clock } = options
  return { at: clock.now(), namespace, revision, cliVersion, api, rights, groups, unreadable, ...lists, pages }
}

const NOTHING: readonly [ReadonlyMap<string, boolean>, ReadonlySet<string>] = [new Map(), new Set()]
const NO_PAGE: PageView = { status: 0, text: '' }
const NO_PAGES: Readonly<Record<PageName, PageView>> = {
  pilotReady: NO_PAGE,
  pilotMetrics: NO_PAGE,
  injector: NO_PAGE,
  citadelReady: NO_PAGE,
  citadelMetrics: NO_PAGE,
}

async function readApi(client: Reader, clock: Clock): Promise<ApiView> {
  const started = clock.monotonicMs()
  const { server } = client
  try {
    const { status, body } = await client.get('/version')
    const answeredInMs = clock.monotonicMs() - started
    const problem = status === OK ? undefined : textOf(fieldsOf(body)['message']) || `status ${status}`
    const clockSkewMs = problem === undefined ? await readSkew(client, clock) : undefined
    return { server, problem, version: textOf(fieldsOf(body)['gitVersion']), answeredInMs, clockSkewMs }
  } catch (thrown) {
    return { server, problem: messageOf(thrown), version: '', answeredInMs: 0, clockSkewMs: undefined }
  }
}

/** The server stamps what it would make: a dry run of a ConfigMap tells its clock, to the second. */
async function readSkew(client: Reader, clock: Clock): Promise<number | undefined> {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'meshctl-check-clock' } }
  const answer = await client.create('/api/v1/namespaces/default/configmaps?dryRun=All', body)
  const stamp = Date.parse(textOf(read.metadataOf(fieldsOf(answer.body))['creationTimestamp']))
  return Number.isNaN(stamp) ? undefined : clock.now() - stamp
}

async function readRights(client: Reader, namespace: string): Promise<ReadonlyMap<string, boolean>> {
  const answers = NEEDED_RIGHTS.map(async (right): Promise<readonly [string, boolean]> => {
    const { verb, group, resource, isNamespaced } = right
    const resourceAttributes = { verb, group, resource, ...(isNamespaced && { namespace }) }
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } }
    const { body } = await client.create('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review)
    return [rightText(right), fieldsOf(fieldsOf(body)['status'])['allowed'] === true]
  })
  return new Map(await Promise.all(answers))
}

async function readGroups(client: Reader): Promise<ReadonlySet<string>> {
  const { body } = await client.get('/apis')
  const groups = read.listOf(fieldsOf(body)['groups'])
  return new Set(groups.flatMap(group => read.listOf(group['versions']).map(version => textOf(version['groupVersion']))))
}

type Lists = Omit<ClusterView, 'at' | 'namespace' | 'revision' | 'cliVersion' | 'api' | 'rights' | 'groups' | 'unreadable' | 'pages'>
type ListReader = <T>(name: ListName, path: string, kind: string, parse: (item: Item) => T) => Promise<readonly T[]>

async function readLists(list: ListReader, namespace: string): Promise<Lists> {
  const at = encodeURIComponent(namespace)
  const admission = '/apis/admissionregistration.k8s.io/v1'
  const roles = '/apis/rbac.authorization.k8s.io/v1'
  const ours = 'labelSelector=app.kubernetes.io/part-of%3Distio'
  const owned = (item: Item): ReturnType<typeof read.ownedOf> => read.ownedOf(item, namespace)
  const webhook = (item: Item): ReturnType<typeof read.webhookOf> => read.webhookOf(item, namespace)
  const name = ({ body }: Item): string => read.nameOf(body)
  const [mutating, validating] = await Promise.all([
    list('webhooks', `${admission}/mutatingwebhookconfigurations`, 'MutatingWebhookConfiguration', webhook),
    list('webhooks', `${admission}/validatingwebhookconfigurations`, 'ValidatingWebhookConfiguration', webhook),
  ])
  return {
    webhooks: [...mutating, ...validating],
    nodes: await list('nodes', '/api/v1/nodes', 'Node', read.nodeOf),
    namespaces: await list('namespaces', '/api/v1/namespaces', 'Namespace', read.namespaceOf),
    definitions: await list('definitions', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', 'CustomResourceDefinition', item =>
      read.definitionOf(item, namespace),
    ),
    roles: await list('roles', `${roles}/clusterroles?${ours}`, 'ClusterRole', owned),
    bindings: await list('bindings', `${roles}/clusterrolebindings?${ours}`, 'ClusterRoleBinding', owned),
    pods: await list('pods', '/api/v1/pods', 'Pod', podOf),
    services: await list('services', '/api/v1/services', 'Service', read.serviceOf),
    deployments: await list('deployments', `/apis/apps/v1/namespaces/${at}/deployments?${ours}`, 'Deployment', read.deploymentOf),
    endpoints: await list('endpoints', `/apis/discovery.k8s.io/v1/namespaces/${at}/endpointslices`, 'EndpointSlice', read.endpointsOf),
    configMaps: await list('configMaps', `/api/v1/namespaces/${at}/configmaps`, 'ConfigMap', read.configMapOf),
    accounts: await list('accounts', `/api/v1/namespaces/${at}/serviceaccounts`, 'ServiceAccount', name),
    budgets: await list('budgets', `/apis/policy/v1/namespaces/${at}/poddisruptionbudgets`, 'PodDisruptionBudget', name),
    quotas: await list('quotas', `/api/v1/namespaces/${at}/resourcequotas`, 'ResourceQuota', name),
    roots: await list('roots', '/api/v1/configmaps?fieldSelector=metadata.name%3Distio-ca-root-cert', 'ConfigMap', read.configMapOf),
  }
}

async function readList(client: Reader, path: string, kind: string): Promise<{ items: readonly Item[] } | { reason: string }> {
  const items: Item[] = []
  let next = ''
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = `${path.includes('?') ? '&' : '?'}limit=${PAGE_SIZE}${next === '' ? '' : `&continue=${encodeURIComponent(next)}`}`
    const answer = await client.get(path + query).catch((thrown: unknown) => ({ status: 0, body: { message: messageOf(thrown) } }))
    const body = fieldsOf(answer.body)
    if (answer.status !== OK) return { reason: textOf(body['message']) || `status ${answer.status}` }
    const apiVersion = textOf(body['apiVersion'])
    items.push(...itemsOf(body['items']).map(item => ({ apiVersion, kind, body: fieldsOf(item) })))
    next = textOf(read.metadataOf(body)['continue'])
    if (next === '') break
  }
  return { items }
}

/** Pages of the control plane by way of the API server: the way that its calls of webhooks take. */
async function readPages(client: Reader, options: ReadOptions): Promise<Readonly<Record<PageName, PageView>>> {
  const root = `/api/v1/namespaces/${encodeURIComponent(options.namespace)}/services`
  const pilot = pilotName(options)
  const page = (path: string): Promise<PageView> =>
    client.getText(`${root}/${path}`).then(ofThePod, (thrown: unknown) => ({ status: 0, text: messageOf(thrown) }))
  const [pilotReady, pilotMetrics, injector, citadelReady, citadelMetrics] = await Promise.all([
    page(`http:${pilot}:15014/proxy/ready`),
    page(`http:${pilot}:15014/proxy/metrics`),
    page(`https:${pilot}:443/proxy/inject`),
    page('http:istio-citadel:15014/proxy/ready'),
    page('http:istio-citadel:15014/proxy/metrics'),
  ])
  return { pilotReady, pilotMetrics, injector, citadelReady, citadelMetrics }
}

/** A Status comes from the API server itself: it has not reached the pod. */
function ofThePod({ status, text }: KubeText): PageView {
  const { kind, message } = fieldsOf(parsed(text))
  return kind === 'Status' && status !== FORBIDDEN ? { status: 0, text: textOf(message) } : { status, text }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
