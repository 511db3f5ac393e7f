import { messageOf } from '@meshwork/core/result'
import {
  decideInjection,
  explainSelector,
  type Fields,
  fieldsOf,
  type Injector,
  itemsOf,
  nameOf,
  textOf,
  textsOf,
} from '@meshwork/pilot/inject'
import type { WorkloadObject } from './workload-template.ts'

export interface WebhookVerdict {
  /** Of the MutatingWebhookConfiguration. */
  readonly webhook: string
  readonly revision: string
  readonly injects: boolean
  readonly reason: string
}

export interface JudgedPod {
  readonly workload: WorkloadObject
  readonly namespace: string
  readonly namespaceObject: Fields
}

const REVISION = 'istio.io/rev'
const INJECT_PATH = /\/inject(?:\/|$)/

/** One verdict for each configuration that has injection webhooks; `injectorOf` finds the configuration that such a webhook follows. */
export async function judgeWebhooks(
  configurations: readonly Fields[],
  judged: JudgedPod,
  injectorOf: (istioNamespace: string, revision: string) => Promise<Injector>,
): Promise<readonly WebhookVerdict[]> {
  const verdicts = configurations.map(async configuration => {
    const hooks = itemsOf(configuration['webhooks']).filter(isInjection)
    if (hooks.length === 0) return []
    const metadata = fieldsOf(configuration['metadata'])
    const revision = textsOf(metadata['labels'])[REVISION] ?? 'default'
    const told = { webhook: textOf(metadata['name']), revision }
    const answers = hooks.map(hook => ({ hook, obstacle: obstacleOf(hook, judged) }))
    const asked = answers.find(({ obstacle }) => obstacle === undefined)
    if (asked === undefined) return [{ ...told, injects: false, reason: nearest(answers.map(({ obstacle = '' }) => obstacle)) }]
    return [{ ...told, ...(await decided(asked.hook, revision, judged, injectorOf)) }]
  })
  return (await Promise.all(verdicts)).flat().toSorted((a, b) => a.webhook.localeCompare(b.webhook))
}

function isInjection(hook: Fields): boolean {
  const { service, url } = fieldsOf(hook['clientConfig'])
  return INJECT_PATH.test(textOf(fieldsOf(service)['path'])) || INJECT_PATH.test(URL.parse(textOf(url))?.pathname ?? '')
}

/** Why the API server would not ask this webhook; undefined: it would. */
function obstacleOf(hook: Fields, { workload, namespace, namespaceObject }: JudgedPod): string | undefined {
  const labels = textsOf(fieldsOf(namespaceObject['metadata'])['labels'])
  const podLabels = textsOf(fieldsOf(workload.pod['metadata'])['labels'])
  return (
    explainSelector(hook['namespaceSelector'], labels, `namespace ${namespace}`) ??
    explainSelector(hook['objectSelector'], podLabels, 'the pod')
  )
}

/** The obstacle that most of them have in common says most; of several the first. */
function nearest(obstacles: readonly string[]): string {
  const counted = obstacles.map(obstacle => ({ obstacle, count: obstacles.filter(each => each === obstacle).length }))
  return [...new Set(counted.toSorted((a, b) => b.count - a.count).map(({ obstacle }) => obstacle))].slice(0, 2).join('; or: ')
}

async function decided(
  hook: Fields,
  revision: string,
  { workload, namespace }: JudgedPod,
  injectorOf: (istioNamespace: string, revision: string) => Promise<Injector>,
): Promise<{ readonly injects: boolean; readonly reason: string }> {
  const service = fieldsOf(fieldsOf(hook['clientConfig'])['service'])
  try {
    const { settings } = await injectorOf(textOf(service['namespace']) || 'istio-system', revision)
    const { inject, reason } = decideInjection(workload.pod, namespace, settings)
    return { injects: inject, reason: inject ? `webhook ${nameOf(hook)} is asked, and ${reason}` : reason }
  } catch (error) {
    return { injects: false, reason: messageOf(error) }
  }
}
