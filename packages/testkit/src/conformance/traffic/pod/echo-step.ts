/** What an endpoint does with one request. */
export type EchoStep =
  | { readonly kind: 'answer'; readonly status: number; readonly delayMs: number }
  | { readonly kind: 'reset'; readonly delayMs: number }
  | { readonly kind: 'grpc'; readonly grpcStatus: number; readonly delayMs: number }

/** `503`, `200@1500`, `reset`, `grpc14`: the step language of `x-echo` and `x-echo-plan`. An unknown word answers 200. */
export function parseEchoStep(text: string): EchoStep {
  const [what = '', delay = '0'] = text.trim().split('@')
  const delayMs = Number(delay)
  if (what === 'reset') return { kind: 'reset', delayMs }
  if (what.startsWith('grpc')) return { kind: 'grpc', grpcStatus: Number(what.slice('grpc'.length)), delayMs }
  const status = Number(what)
  return { kind: 'answer', status: Number.isInteger(status) && status >= 200 ? status : 200, delayMs }
}

/** The step at `index` of a plan; the last one repeats. */
export function planStep(plan: string, index: number): EchoStep {
  const steps = plan.split(',')
  return parseEchoStep(steps[Math.min(index, steps.length - 1)] ?? '200')
}

/** `name: value;name: value` of `x-echo-set`. */
export function parseEchoSet(text: string): readonly (readonly [string, string])[] {
  return text
    .split(';')
    .filter(part => part.includes(':'))
    .map(part => [part.slice(0, part.indexOf(':')).trim(), part.slice(part.indexOf(':') + 1).trim()] as const)
}
