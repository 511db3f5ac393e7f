/** What one compressor of a chain offers for a response. */
export interface Offer {
  readonly encoding: string
  /** Wins among equals. */
  readonly chooseFirst: boolean
}

/** The coding to use (RFC 9110 section 12.5.3): the client's most liked among the offers, or null when it prefers none. */
export function chooseEncoding(acceptEncoding: string | null, offers: readonly Offer[]): string | null {
  if (acceptEncoding === null) return null
  const weights = new Map<string, number>()
  for (const item of acceptEncoding.split(',')) {
    const [coding = '', ...parameters] = item.split(';').map(part => part.trim().toLowerCase())
    if (coding !== '' && !weights.has(coding)) weights.set(coding === 'x-gzip' ? 'gzip' : coding, weightOf(parameters))
  }
  let best: { readonly offer: Offer; readonly weight: number } | null = null
  for (const offer of offers) {
    const weight = weights.get(offer.encoding) ?? weights.get('*') ?? 0
    if (weight <= 0) continue
    if (best === null || weight > best.weight || (weight === best.weight && offer.chooseFirst && !best.offer.chooseFirst))
      best = { offer, weight }
  }
  if (best === null || best.weight < (weights.get('identity') ?? 0)) return null
  return best.offer.encoding
}

function weightOf(parameters: readonly string[]): number {
  const given = parameters.find(parameter => parameter.startsWith('q='))
  if (given === undefined) return 1
  const weight = Number(given.slice(2))
  return Number.isNaN(weight) ? 0 : weight
}
