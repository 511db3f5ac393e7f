import pc from 'picocolors'

/** Paint for text. Without colour every function returns its argument. */
export interface Style {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly good: (text: string) => string
  readonly warn: (text: string) => string
  readonly bad: (text: string) => string
}

export function styleFor(color: boolean): Style {
  const paint = pc.createColors(color)
  return { bold: paint.bold, dim: paint.dim, good: paint.green, warn: paint.yellow, bad: paint.red }
}
