import type { Labels } from '../kinds/index.ts'
import type { Locality } from './model.ts'

const REGION_LABELS = ['topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/region']
const ZONE_LABELS = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone']
const SUBZONE_LABELS = ['topology.istio.io/subzone']
/** A pod may state its place itself. Slashes cannot stand in labels, so dots part the levels. */
const POD_LABEL = 'istio-locality'

export const NOWHERE: Locality = Object.freeze({ region: '', zone: '', subzone: '' })

/** `region/zone/subzone`; missing levels are empty. */
export function parseLocality(text: string): Locality {
  const [region = '', zone = '', subzone = ''] = text.split('/')
  return { region, zone, subzone }
}

/** The place of a pod: its own label, else that of its node. */
export function localityOf(podLabels: Labels, nodeLabels: Labels): Locality {
  const own = podLabels[POD_LABEL]
  if (own !== undefined && own !== '') return parseLocality(own.includes('/') ? own : own.replaceAll('.', '/'))
  return {
    region: firstOf(nodeLabels, REGION_LABELS),
    zone: firstOf(nodeLabels, ZONE_LABELS),
    subzone: firstOf(nodeLabels, SUBZONE_LABELS),
  }
}

function firstOf(labels: Labels, names: readonly string[]): string {
  return names.map(name => labels[name]).find(value => value !== undefined) ?? ''
}
