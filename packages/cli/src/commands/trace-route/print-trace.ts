import type { Style } from '../../output/style.ts'
import type { Citation, Passed, Step } from '../../trace/step.ts'
import type { TracedWay } from '../../trace/trace.ts'

export function printSteps(steps: readonly Step[], style: Style): string {
  const width = Math.max(...STAGES.map(stage => stage.length))
  return steps.map(each => printStep(each, width, style)).join('')
}

const STAGES = ['listener', 'virtual host', 'route', 'cluster', 'endpoint', 'client TLS', 'server mTLS', 'policy', 'token', 'application']

function printStep(each: Step, width: number, style: Style): string {
  const indent = ' '.repeat(width + 4)
  const lines = [
    `  ${style.bold(each.stage.padEnd(width))}  ${each.decision}${each.because === '' ? '' : style.dim(`: ${each.because}`)}`,
    ...each.at.map(citation => `${indent}${printCitation(citation)}`),
    ...each.effects.map(effect => `${indent}+ ${effect}`),
    ...each.passed.map(passed => `${indent}${style.dim(`not ${printPassed(passed)}`)}`),
  ]
  return `${lines.join('\n')}\n`
}

function printCitation({ file, line, object, path }: Citation): string {
  return `${file}:${line}  ${object} ${path}`
}

function printPassed({ what, why, at }: Passed): string {
  return `${at === undefined ? what : `${at.file}:${at.line}  ${what}`}: ${why}`
}

/** One way is told as it is; several each with its share. */
export function printWays(ways: readonly TracedWay[], style: Style): string {
  const many = ways.length > 1
  return ways
    .map(({ share, steps, outcome }) => {
      const head = many ? `\n${style.bold(`${share} % of the requests`)}\n` : ''
      const good = outcome.startsWith('the request')
      return `${head}${printSteps(steps, style)}${many ? '  ' : '\n'}${good ? style.good('=>') : style.bad('=>')} ${outcome}\n`
    })
    .join('')
}
