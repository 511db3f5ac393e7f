import type { Labels } from '../kinds/index.ts'
import { at, entries, texts, type Document } from './document.ts'

/** Something that runs pods, or a pod itself, or a machine that a WorkloadEntry stands for. */
export interface AnalysedWorkload {
  readonly document: Document
  readonly namespace: string
  /** Labels of the pods. */
  readonly labels: Labels
  readonly annotations: Labels
  /** Path of what holds `metadata` and `spec` of the pods: empty for a pod. */
  readonly template: string
  readonly podSpec: unknown
  readonly containers: readonly unknown[]
}

/** Where each kind keeps the description of its pods. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
}

export const WORKLOAD_KINDS: readonly string[] = [...Object.keys(TEMPLATES), 'WorkloadEntry']

export function workloadOf(document: Document): AnalysedWorkload | undefined {
  const { kind, meta, body } = document
  const base = { document, namespace: meta.namespace }
  if (kind === 'WorkloadEntry') {
    const labels = { ...texts(at(body, 'spec', 'labels')), ...meta.labels }
    return { ...base, labels, annotations: meta.annotations, template: '', podSpec: {}, containers: [] }
  }
  const path = TEMPLATES[kind]
  if (path === undefined) return undefined
  const template = at(body, ...path)
  const podSpec = at(template, 'spec')
  const metadata = kind === 'Pod' ? meta : at(template, 'metadata')
  return {
    ...base,
    labels: texts(at(metadata, 'labels')),
    annotations: texts(at(metadata, 'annotations')),
    template: path.join('.'),
    podSpec,
    containers: [...entries(at(podSpec, 'containers')), ...entries(at(podSpec, 'initContainers'))],
  }
}
