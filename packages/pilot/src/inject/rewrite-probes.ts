import { defined, type Fields, fieldsOf, isFields, itemsOf, nameOf, textOf } from './json.ts'

/** Containers whose probes ask the proxy, and what the proxy then asks them. */
export interface RewrittenProbes {
  readonly containers: readonly Fields[]
  /** By page of the status port: `/app-health/shop/readyz`. The form of ISTIO_KUBE_APP_PROBERS. */
  readonly pages: Readonly<Record<string, Fields>>
  readonly warnings: readonly string[]
}

const PAGES = { readinessProbe: 'readyz', livenessProbe: 'livez', startupProbe: 'startupz' } as const
const HOOKS = { preStop: 'prestopz', postStart: 'poststartz' } as const
/** The ways of asking that go over the network; `exec` does not. */
const ASKED = ['httpGet', 'tcpSocket', 'grpc'] as const

/** Of the page of a container's probe or hook. */
export function appHealthPage(container: string, page: string): string {
  return `/app-health/${container}/${page}`
}

/**
 * The kubelet has no certificate of the mesh, and a TCP probe of a redirected port would ask the proxy: probes by HTTP, HTTPS, TCP and
 * gRPC become HTTP to the status port, which asks the application. Lifecycle hooks by HTTP likewise.
 */
export function rewriteProbes(containers: readonly Fields[], statusPort: number): RewrittenProbes {
  const pages: Record<string, Fields> = {}
  const warnings: string[] = []
  const rewritten = containers.map(container => rewriteContainer(container, statusPort, pages, warnings))
  return { containers: rewritten, pages, warnings }
}

function rewriteContainer(container: Fields, statusPort: number, pages: Record<string, Fields>, warnings: string[]): Fields {
  const name = nameOf(container)
  const changed: Record<string, unknown> = {}
  const move = (where: string, page: string, handler: Fields): Fields | undefined => {
    const question = questionOf(handler, container, statusPort)
    if (typeof question !== 'string') {
      if (question === undefined) return undefined
      const path = appHealthPage(name, page)
      pages[path] = question
      const { httpGet: _http, tcpSocket: _tcp, grpc: _grpc, ...rest } = handler
      return { ...rest, httpGet: { path, port: statusPort, scheme: 'HTTP' } }
    }
    warnings.push(`container ${name}: ${where} ${question}; it stays as it is`)
    return undefined
  }
  for (const [field, page] of Object.entries(PAGES)) {
    const probe = container[field]
    const moved = isFields(probe) ? move(field, page, probe) : undefined
    if (moved !== undefined) changed[field] = moved
  }
  const lifecycle: Record<string, unknown> = {}
  for (const [hook, page] of Object.entries(HOOKS)) {
    const handler = fieldsOf(container['lifecycle'])[hook]
    const moved = isFields(handler) && isFields(handler['httpGet']) ? move(`lifecycle.${hook}`, page, handler) : undefined
    if (moved !== undefined) lifecycle[hook] = moved
  }
  if (Object.keys(lifecycle).length > 0) changed['lifecycle'] = { ...fieldsOf(container['lifecycle']), ...lifecycle }
  return { ...container, ...changed }
}

/** What the proxy has to ask, with the port as a number; undefined: nothing to rewrite; a text: why it cannot be. */
function questionOf(handler: Fields, container: Fields, statusPort: number): Fields | string | undefined {
  const kind = ASKED.find(each => isFields(handler[each]))
  if (kind === undefined) return undefined
  const target = fieldsOf(handler[kind])
  const port = portNumber(target['port'], container)
  if (port === undefined) return `names port ${JSON.stringify(target['port'])}, which the container does not declare`
  if (kind === 'httpGet' && port === statusPort && textOf(target['path']).startsWith('/app-health/')) return undefined
  return defined({ [kind]: { ...target, port }, timeoutSeconds: handler['timeoutSeconds'] })
}

function portNumber(port: unknown, container: Fields): number | undefined {
  if (typeof port === 'number') return port
  const text = textOf(port)
  if (/^\d{1,5}$/.test(text)) return Number(text)
  const found = itemsOf(container['ports']).find(each => nameOf(each) === text && text !== '')?.['containerPort']
  return typeof found === 'number' ? found : undefined
}

/** The containers as they were before `rewriteProbes`, but for ports that had names. */
export function restoreProbes(containers: readonly Fields[], pages: Fields): readonly Fields[] {
  return containers.map(container => {
    const changed: Record<string, unknown> = {}
    for (const [field, page] of Object.entries(PAGES)) {
      const back = restored(container, container[field], page, pages)
      if (back !== undefined) changed[field] = back
    }
    const lifecycle = fieldsOf(container['lifecycle'])
    for (const [hook, page] of Object.entries(HOOKS)) {
      const back = restored(container, lifecycle[hook], page, pages)
      if (back !== undefined) changed['lifecycle'] = { ...lifecycle, ...fieldsOf(changed['lifecycle']), [hook]: back }
    }
    return { ...container, ...changed }
  })
}

function restored(container: Fields, handler: unknown, page: string, pages: Fields): Fields | undefined {
  const path = appHealthPage(nameOf(container), page)
  if (!isFields(handler) || fieldsOf(handler['httpGet'])['path'] !== path) return undefined
  const question = pages[path]
  const kind = ASKED.find(each => isFields(fieldsOf(question)[each]))
  if (kind === undefined) return undefined
  const { httpGet: _, ...rest } = handler
  return { ...rest, [kind]: fieldsOf(question)[kind] }
}
