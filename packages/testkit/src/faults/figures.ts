/** Prints what a test measured, one line: CI logs keep the figures that assertions only bound. Numbers are rounded to 0.1. */
export function figures(what: string, values: Readonly<Record<string, number>>): void {
  const parts = Object.entries(values).map(([name, value]) => `${name} ${Math.round(value * 10) / 10}`)
  process.stdout.write(`${what}: ${parts.join(', ')}\n`)
}
