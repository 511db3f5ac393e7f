import { KeyUsageFlags } from './asn1.ts'

/** Bits of the keyUsage extension that the mesh knows (RFC 5280 section 4.2.1.3). */
export type KeyUsage = 'digitalSignature' | 'keyEncipherment' | 'keyCertSign' | 'cRLSign' | 'other'

/** Purposes of the extendedKeyUsage extension that the mesh knows (RFC 5280 section 4.2.1.12). */
export type ExtendedKeyUsage = 'serverAuth' | 'clientAuth' | 'other'

const USAGE_BITS: readonly (readonly [Exclude<KeyUsage, 'other'>, KeyUsageFlags])[] = [
  ['digitalSignature', KeyUsageFlags.digitalSignature],
  ['keyEncipherment', KeyUsageFlags.keyEncipherment],
  ['keyCertSign', KeyUsageFlags.keyCertSign],
  ['cRLSign', KeyUsageFlags.cRLSign],
]

const PURPOSES: Readonly<Record<string, ExtendedKeyUsage>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
}

/** Bits that have no name here give one `other`. */
export function keyUsagesOf(flags: number): readonly KeyUsage[] {
  const named = USAGE_BITS.filter(([, bit]) => (flags & bit) !== 0)
  const rest = named.reduce((left, [, bit]) => left & ~bit, flags)
  return [...named.map(([name]) => name), ...(rest === 0 ? [] : (['other'] as const))]
}

export function keyUsageFlags(usages: readonly KeyUsage[]): number {
  return USAGE_BITS.filter(([name]) => usages.includes(name)).reduce((flags, [, bit]) => flags | bit, 0)
}

export function extendedKeyUsageOf(oid: string): ExtendedKeyUsage {
  return PURPOSES[oid] ?? 'other'
}

export function extendedKeyUsageOids(usages: readonly ExtendedKeyUsage[]): string[] {
  return Object.entries(PURPOSES)
    .filter(([, name]) => usages.includes(name))
    .map(([oid]) => oid)
}
