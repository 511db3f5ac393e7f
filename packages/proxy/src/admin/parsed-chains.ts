import { type Certificate, parseCertificateChain } from '@meshwork/core/x509'

/** Chains of this many contexts are kept; each is read again when statistics are, every few seconds. */
const MAX_CHAINS = 1000

/** Certificates by their PEM text, read once: what a text says never changes. */
class ParsedChains {
  private readonly byText = new Map<string, readonly Certificate[]>()

  /** Empty for what is no chain. */
  of(pem: string): readonly Certificate[] {
    const known = this.byText.get(pem)
    if (known !== undefined) return known
    const chain = parseCertificateChain(pem)
    const parsed = chain.kind === 'ok' ? chain.value : []
    // Texts of contexts that are gone go too, with the others: they are read once more.
    if (this.byText.size >= MAX_CHAINS) this.byText.clear()
    this.byText.set(pem, parsed)
    return parsed
  }
}

export const parsedChains: ParsedChains = new ParsedChains()
