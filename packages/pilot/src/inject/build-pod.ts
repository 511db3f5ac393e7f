import { type InjectionStatus, STATUS_KEY } from './injection-status.ts'
import type { InjectionSettings } from './injection-settings.ts'
import { type Fields, fieldsOf, itemsOf, nameOf, sameJson, textsOf } from './json.ts'
import { type MergedContainers, mergeContainers } from './merge-containers.ts'
import { mergeMetrics } from './merge-metrics.ts'
import { type ContainerLists, orderContainers, PROXY_CONTAINER } from './order-containers.ts'
import { OVERRIDES_KEY, PROBES_VARIABLE } from './restore-pod.ts'
import { rewriteProbes, type RewrittenProbes } from './rewrite-probes.ts'
import { strategicMerge } from './strategic-merge.ts'
import { STATUS_PORT } from './effective-proxy-config.ts'
import type { StartOrder } from './template-data.ts'

export interface BuildOptions {
  readonly settings: InjectionSettings
  readonly order: StartOrder
  readonly revision: string
}

export interface BuiltPod {
  readonly pod: Fields
  readonly warnings: readonly string[]
}

const REWRITE = 'sidecar.istio.io/rewriteAppHTTPProbers'
const METRICS_VARIABLE = 'ISTIO_PROMETHEUS_ANNOTATIONS'
const DEFAULT_STATUS_PORT = 15_020
/** Lists whose items are told by name in the status; all else is told as it was before. */
const LISTS: readonly string[] = ['containers', 'initContainers', 'volumes', 'imagePullSecrets']

/** Joins a pod that has no proxy with what the templates made. */
export function buildPod(pod: Fields, part: Fields, options: BuildOptions): BuiltPod {
  const [spec, template] = [fieldsOf(pod['spec']), fieldsOf(part['spec'])]
  const metadata = fieldsOf(pod['metadata'])
  const merged = mergeContainers(spec, template)
  const port = statusPort(metadata, options.settings)
  const metrics = port > 0 ? mergeMetrics(metadata, options.settings.mesh, port) : null
  const probes = wantsProbes(metadata, options.settings) && port > 0 ? rewriteAll(merged, port) : asTheyAre(merged)
  const variables = { [PROBES_VARIABLE]: pagesText(probes.pages), [METRICS_VARIABLE]: metrics?.variable ?? '' }
  const ordered = orderContainers(withVariables(probes, variables), options.order)
  const { containers: _containers, initContainers: _inits, ...others } = template
  const nextSpec = withLists(strategicMerge(spec, others), ordered)
  const told = { ...options.settings.injectedAnnotations, ...textsOf(fieldsOf(part['metadata'])['annotations']), ...metrics?.annotations }
  const before = { labels: textsOf(metadata['labels']), annotations: textsOf(metadata['annotations']), spec }
  const after = {
    labels: { ...before.labels, ...textsOf(fieldsOf(part['metadata'])['labels']) },
    annotations: { ...before.annotations, ...told },
    spec: nextSpec,
  }
  const status = JSON.stringify(statusOf(before, after, merged, options.revision))
  const annotations = { ...after.annotations, ...overridesOf(merged.overrides), [STATUS_KEY]: status }
  const labels = Object.keys(after.labels).length > 0 ? { labels: after.labels } : {}
  return { pod: { ...pod, metadata: { ...metadata, ...labels, annotations }, spec: nextSpec }, warnings: probes.warnings }
}

/** The parts of a pod that an injection changes. */
interface Changed {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: Fields
}

function statusOf(before: Changed, after: Changed, { injected }: MergedContainers, revision: string): InjectionStatus {
  return {
    ...injected,
    volumes: added(before.spec, after.spec, 'volumes'),
    imagePullSecrets: added(before.spec, after.spec, 'imagePullSecrets'),
    revision,
    replaced: {
      labels: replacedTexts(before.labels, after.labels),
      annotations: replacedTexts(before.annotations, after.annotations),
      spec: replacedFields(before.spec, after.spec),
    },
  }
}

interface ProbedLists extends ContainerLists, Pick<RewrittenProbes, 'pages' | 'warnings'> {}

function asTheyAre({ initContainers, containers }: ContainerLists): ProbedLists {
  return { initContainers, containers, pages: {}, warnings: [] }
}

/** Probes of the application only: the template knows what the kubelet asks of the proxy. */
function rewriteAll({ injected, ...lists }: MergedContainers, port: number): ProbedLists {
  const mine = new Set([...injected.containers, ...injected.initContainers])
  const rewritten = (list: readonly Fields[]): RewrittenProbes => {
    const theirs = rewriteProbes(
      list.filter(item => !mine.has(nameOf(item))),
      port,
    )
    const byName = new Map(theirs.containers.map(item => [nameOf(item), item]))
    return { ...theirs, containers: list.map(item => byName.get(nameOf(item)) ?? item) }
  }
  const [inits, containers] = [rewritten(lists.initContainers), rewritten(lists.containers)]
  return {
    initContainers: inits.containers,
    containers: containers.containers,
    pages: { ...inits.pages, ...containers.pages },
    warnings: [...inits.warnings, ...containers.warnings],
  }
}

function withVariables(lists: ContainerLists, variables: Readonly<Record<string, string>>): ContainerLists {
  const env = Object.entries(variables).flatMap(([name, value]) => (value === '' ? [] : [{ name, value }]))
  const extended = (item: Fields): Fields => (nameOf(item) === PROXY_CONTAINER ? strategicMerge(item, { env }) : item)
  if (env.length === 0) return lists
  return { initContainers: lists.initContainers.map(extended), containers: lists.containers.map(extended) }
}

function withLists(spec: Fields, { initContainers, containers }: ContainerLists): Fields {
  const { initContainers: _, ...rest } = spec
  return { ...rest, ...(initContainers.length > 0 && { initContainers }), containers }
}

function pagesText(pages: Readonly<Record<string, Fields>>): string {
  return Object.keys(pages).length === 0 ? '' : JSON.stringify(pages)
}

/** 0: none. */
function statusPort(metadata: Fields, { values }: InjectionSettings): number {
  const wish = textsOf(metadata['annotations'])[STATUS_PORT] ?? fieldsOf(fieldsOf(values['global'])['proxy'])['statusPort']
  return wish === undefined ? DEFAULT_STATUS_PORT : Number(wish)
}

function wantsProbes(metadata: Fields, { values }: InjectionSettings): boolean {
  const wish = textsOf(metadata['annotations'])[REWRITE]?.trim() ?? fieldsOf(values['sidecarInjectorWebhook'])['rewriteAppHTTPProbe']
  return wish !== false && wish !== 'false' && wish !== 'disabled'
}

function overridesOf(overrides: ContainerLists): Readonly<Record<string, string>> {
  const lists = Object.entries(overrides).filter(([, list]) => list.length > 0)
  return lists.length === 0 ? {} : { [OVERRIDES_KEY]: JSON.stringify(Object.fromEntries(lists)) }
}

function added(before: Fields, after: Fields, list: string): readonly string[] {
  const names = new Set(itemsOf(before[list]).map(nameOf))
  return itemsOf(after[list])
    .map(nameOf)
    .filter(name => !names.has(name))
}

function replacedTexts(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Readonly<Record<string, string | null>> {
  const changed = Object.keys(after).filter(key => before[key] !== after[key])
  return Object.fromEntries(changed.map(key => [key, before[key] ?? null]))
}

function replacedFields(before: Fields, after: Fields): Fields {
  const changed = Object.keys(after).filter(key => !LISTS.includes(key) && !sameJson(before[key], after[key]))
  return Object.fromEntries(changed.map(key => [key, before[key] ?? null]))
}
