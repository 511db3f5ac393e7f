import { resolve } from 'node:path'
import { MeshError } from '@meshwork/core/result'
import { nearest } from '../command/nearest.ts'
import { usage } from '../command/values.ts'
import { chartFolder, chartVersion, defaultValues, profileNames, profileValues, yamlTree } from './chart-folder.ts'
import { checkMeshConfig } from './check-mesh-config.ts'
import { checkValues, withoutNulls } from './check-values.ts'
import { mergeValues, parseSet, type ValueTree } from './set-values.ts'

/** What the user said about an installation. */
export interface ValueFlags {
  readonly profile: string
  /** In the order given; later ones win. */
  readonly files: readonly string[]
  readonly sets: readonly string[]
  readonly namespace: string
  readonly charts: string | undefined
}

/** An installation that can be rendered. */
export interface InstallPlan {
  readonly charts: string
  readonly version: string
  readonly profile: string
  readonly namespace: string
  /** `default` or the name of the revision. */
  readonly revision: string
  /** What differs from the values of the chart: profile, files and `--set`, in this order. */
  readonly given: ValueTree
  /** With the values of the chart. */
  readonly effective: ValueTree
}

/** Reads and checks all values. Throws USAGE, VALUES_UNREADABLE, VALUES_INVALID or CHARTS_MISSING. */
export function planInstall(flags: ValueFlags, cwd: string, extra: ValueTree = {}): InstallPlan {
  const charts = chartFolder(flags.charts === undefined ? undefined : resolve(cwd, flags.charts))
  checkProfile(charts, flags.profile)
  const files = flags.files.map(file => yamlTree(resolve(cwd, file)))
  const layers = [profileValues(charts, flags.profile), extra, ...files, ...flags.sets.map(setTree)]
  const given = layers.reduce(mergeValues, {})
  const effective = withoutNulls(mergeValues(defaultValues(charts), given))
  const wrong = [...checkValues(charts, effective), ...checkMeshConfig(effective)]
  if (wrong.length > 0) {
    const nextStep = `meshctl profile show ${flags.profile} prints all values`
    throw new MeshError('VALUES_INVALID', wrong.join('; '), { source: 'config', nextStep })
  }
  const revision = typeof effective['revision'] === 'string' && effective['revision'] !== '' ? effective['revision'] : 'default'
  return { charts, version: chartVersion(charts), profile: flags.profile, namespace: flags.namespace, revision, given, effective }
}

/** Throws USAGE with the nearest profile. */
export function checkProfile(charts: string, profile: string): void {
  const known = profileNames(charts)
  if (known.includes(profile)) return
  const meant = nearest(profile, known)
  throw usage(`there is no profile '${profile}'${meant === undefined ? '' : `, did you mean '${meant}'?`}`, 'meshctl profile list')
}

function setTree(text: string): ValueTree {
  const tree = parseSet(text)
  if (tree.kind === 'err') throw usage(`--set: ${tree.error}`)
  return tree.value
}
