import type { AppliedObject } from '../../install/apply-step.ts'
import { changeText } from '../../install/object-diff.ts'
import { spoken } from '../../install/kube-object.ts'
import { countsOf } from '../../install/run-install.ts'
import { renderTable } from '../../output/table.ts'
import type { Style } from '../../output/style.ts'
import type { InstallResult } from './install.ts'

const MIB = 2 ** 20

/** What was done, or would be; then what to do next. */
export function installText(result: InstallResult, style: Style): string {
  const parts = [
    result.isDryRun ? dryRunText(result, style) : `${countsOf(result.applied)}\n`,
    result.showsDiff ? diffText(result, style) : '',
    leftText(result.applied),
    checksText(result.checks, style),
    result.isDryRun ? 'Nothing was changed.\n' : nextText(result, style),
  ]
  return parts.filter(part => part !== '').join('\n')
}

function dryRunText({ applied, pruned, summary, version, profile, namespace }: InstallResult, style: Style): string {
  const byKind = Map.groupBy(applied, ({ key }) => key.kind)
  const rows = [...byKind].map(([kind, objects]) => [kind, countsOf(objects), namesOf(objects)])
  const { millicpu, bytes } = summary.requests
  return [
    `Meshwork ${version}, profile ${profile}, into namespace ${namespace}\n`,
    renderTable(['KIND', 'OBJECTS', 'NAMES'], rows),
    ...pruned.map(key => `- ${spoken(key)} is no longer needed and would be removed`),
    style.bold('Rights of the components'),
    ...summary.rights.map(right => `  ${right}`),
    style.bold('Images'),
    ...summary.images.map(image => `  ${image}`),
    `${style.bold('Requested')}: ${millicpu} m CPU, ${Math.round(bytes / MIB)} MiB of memory\n`,
  ].join('\n')
}

const MOST_NAMES = 4

function namesOf(objects: readonly AppliedObject[]): string {
  const names = objects.slice(0, MOST_NAMES).map(({ key }) => key.name)
  return objects.length > MOST_NAMES ? `${names.join(', ')} and ${objects.length - MOST_NAMES} more` : names.join(', ')
}

function diffText({ applied }: InstallResult, style: Style): string {
  const changed = applied.filter(({ change }) => change === 'changed' || change === 'created')
  if (changed.length === 0) return 'No differences.\n'
  return `${changed
    .map(({ key, change, fields }) =>
      change === 'created' ? `+ ${spoken(key)}` : [style.bold(spoken(key)), ...fields.map(field => `  ${changeText(field)}`)].join('\n'),
    )
    .join('\n')}\n`
}

function leftText(applied: readonly AppliedObject[]): string {
  const left = applied.filter(({ change }) => change === 'left')
  if (left.length === 0) return ''
  const owners = [...new Set(left.map(({ owner }) => owner))].join(', ')
  return `${left.length} definitions belong to ${owners} and are used as they are; --adopt would take them over.\n`
}

function checksText(checks: InstallResult['checks'], style: Style): string {
  if (checks === null) return ''
  const { ok, findings } = checks
  const lines = findings.map(({ outcome, title, code, problems }) => {
    const mark = outcome === 'error' ? style.bad('✘') : style.warn('‼')
    return `  ${mark} ${title} [${code}]: ${problems.join('; ')}\n`
  })
  return `${findings.length === 0 ? style.good('✔') : '‼'} ${ok} checks are right, ${findings.length} are not\n${lines.join('')}`
}

function nextText({ namespace, revision }: InstallResult, style: Style): string {
  const label = revision === 'default' ? 'istio-injection=enabled' : `istio.io/rev=${revision}`
  const place = namespace === 'istio-system' ? '' : ` -n ${namespace}`
  return [
    style.bold('The mesh is installed. Next:'),
    `  meshctl check${place}                         is everything right?`,
    `  kubectl label namespace default ${label}      new pods get a sidecar`,
    `  meshctl proxy-status${place}                  which proxies run what`,
    '',
  ].join('\n')
}
