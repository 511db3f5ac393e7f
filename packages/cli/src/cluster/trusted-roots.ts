/** The certificates of a published bundle, PEM: the root that signs first, then those that are trusted beside it, as in a change of roots. */
export function rootsIn(bundle: string): readonly string[] {
  return bundle
    .split(/(?=-----BEGIN CERTIFICATE-----)/)
    .map(pem => pem.trim())
    .filter(pem => pem !== '')
}

/** Whether workloads of both trust what the other's authority signs. */
export function trustEachOther(a: readonly string[], b: readonly string[]): boolean {
  const [ofA, ofB] = [a[0], b[0]]
  return ofA !== undefined && ofB !== undefined && a.includes(ofB) && b.includes(ofA)
}
